using Slipway.ControlPlane.Agents;

namespace Slipway.ControlPlane.Registry;

/// <summary>How an agent introduces itself, in our words.</summary>
internal sealed record AgentHello
{
    public required string AgentVersion { get; init; }

    public required string BootId { get; init; }

    public required string MachineId { get; init; }

    public required string Platform { get; init; }

    public required IReadOnlyDictionary<string, string> SelfLabels { get; init; }

    /// <summary>What it runs; null when it did not say.</summary>
    public IReadOnlyList<ObservedWorkload>? Observed { get; init; }

    /// <summary>The desired state that it has.</summary>
    public required DesiredMark Resume { get; init; }
}
