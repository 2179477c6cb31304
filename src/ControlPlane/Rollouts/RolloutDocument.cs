using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Environments;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>What is stored of a rollout beside its columns: the engine's state, and what was frozen.</summary>
internal sealed record RolloutDocument
{
    public required Rollout Engine { get; init; }

    public required StrategySpec Strategy { get; init; }

    /// <summary>The effective spec at the start: each agent of the rollout gets the same.</summary>
    public required RuntimeSpec Spec { get; init; }

    /// <summary>By version: what agents that are taken back get.</summary>
    public IReadOnlyDictionary<string, RuntimeSpec> PreviousSpecs { get; init; } =
        new Dictionary<string, RuntimeSpec>();

    public static RolloutDocument Read(string json) => SpecJson.Read<RolloutDocument>(json);

    public string Write() => SpecJson.Write(this);
}
