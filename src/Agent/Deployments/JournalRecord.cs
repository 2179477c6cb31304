namespace Slipway.Agent.Deployments;

/// <summary>One line of a deployment's journal, on disk before what it announces is done.</summary>
/// <param name="Sequence">The report's number; 0: the decision to commit, which is not reported.</param>
/// <param name="Phase">What begins now, or how it ended.</param>
/// <param name="At">When.</param>
internal sealed record JournalRecord(uint Sequence, DeploymentPhase Phase, DateTimeOffset At)
{
    /// <summary>In the first line: what is deployed.</summary>
    public Workload? Workload { get; init; }

    public FailureReason Reason { get; init; }

    public string Detail { get; init; } = "";

    public string Output { get; init; } = "";

    /// <summary>From here the deployment only goes forward.</summary>
    public bool IsDecision => Sequence == 0;

    public DeploymentReport ToReport(string deploymentId) =>
        new(deploymentId, Sequence, Phase, At, Reason, Detail ?? "", Output ?? "");
}
