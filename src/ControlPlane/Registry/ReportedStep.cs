using Slipway.ControlPlane.History;

namespace Slipway.ControlPlane.Registry;

/// <summary>One report of an agent, in our words.</summary>
internal sealed record ReportedStep(Guid DeploymentId, long Sequence)
{
    public DeploymentPhase Phase { get; init; }

    /// <summary>The agent's clock; null when it did not say.</summary>
    public DateTimeOffset? At { get; init; }

    public FailureReason Reason { get; init; }

    public string Detail { get; init; } = "";

    public string Output { get; init; } = "";

    /// <summary>Which run of the committed program has ended; null: this is a step.</summary>
    public long? EndedRun { get; init; }

    /// <summary>How often the program had been started again before.</summary>
    public long Restarts { get; init; }
}
