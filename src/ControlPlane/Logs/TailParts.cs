using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Registry;
using Slipway.ControlPlane.Storage;

namespace Slipway.ControlPlane.Logs;

/// <summary>What tails are made with.</summary>
internal sealed record TailParts(
    TailHub Tails,
    SessionHub Sessions,
    TailBridge Bridge,
    TailTargets Targets,
    Database Database,
    IHintBus Hints,
    TimeProvider Time,
    ILogger<TailGroup> Logger);
