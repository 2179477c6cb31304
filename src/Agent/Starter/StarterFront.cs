using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Starter;

/// <summary>start_server, which exchanges itself when a signal asks for it.</summary>
internal sealed class StarterFront(StarterCall call) : UpgradeFront
{
    public const string Preflight = Supervisor.Upgrades.Preflight.Argument;

    /// <summary>Its session, its input and output, and maybe children are those of who started it.</summary>
    public override bool StandsAlone => false;

    /// <summary>No variable: the original, or an older one, would not know it, and begin to serve.</summary>
    public override IReadOnlyList<string> PreflightArguments => call.Words(Preflight);

    /// <summary>What there is beside the supervisor's state.</summary>
    public Func<HandoverDescriptors, StarterHandover>? State { get; set; }

    public override UpgradeCall CallFor(params IReadOnlyList<string> words) =>
        new(call.Words(), StarterCall.EnvironmentWith(words));

    public override Handover HandOver(Handover handover, HandoverDescriptors descriptors) =>
        handover with { Front = State!(descriptors).Write() };

    public override void HoldSignals() => StarterSignals.Hold();

    /// <summary>They always wait until they are taken.</summary>
    public override void ReleaseSignals()
    {
    }
}
