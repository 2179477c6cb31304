namespace Slipway.Agent.Deployments;

/// <summary>What the agent remembers of a workload between deployments.</summary>
internal sealed record WorkloadRecord
{
    public static readonly WorkloadRecord Empty = new();

    /// <summary>What has to run, whatever happens; null: nothing was committed yet.</summary>
    public Workload? Committed { get; init; }

    /// <summary>The folder name of the release before the committed one.</summary>
    public string? PreviousRelease { get; init; }

    /// <summary>The generation whose deployment ended last, whichever way: it is not tried again.</summary>
    public ulong EndedGeneration { get; init; }

    public string? EndedDeploymentId { get; init; }

    /// <summary>Why the deployment that ended last failed; empty: it did not.</summary>
    public string Failure { get; init; } = "";

    /// <summary>What the control plane was told of the committed program's ends; null: nothing yet.</summary>
    public ToldEnds? Ends { get; init; }

    /// <summary>Whether the workload, as it is asked for, was tried already.</summary>
    public bool HasEnded(Workload workload) =>
        workload.Generation == EndedGeneration && workload.DeploymentId == EndedDeploymentId;

    /// <summary>The record after an attempt has ended.</summary>
    public WorkloadRecord After(Attempt attempt)
    {
        var ended = this with
        {
            EndedGeneration = attempt.Workload.Generation,
            EndedDeploymentId = attempt.Workload.DeploymentId,
            Failure = attempt.Phase == DeploymentPhase.Failed ? attempt.Last.Detail : "",
        };
        return !attempt.IsDecided || attempt.Phase == DeploymentPhase.Failed
            || Committed?.DeploymentId == attempt.Workload.DeploymentId
            ? ended
            : ended with { Committed = attempt.Workload, PreviousRelease = PreviousOf(attempt.Workload) };
    }

    // The same release with other settings has the same folder: what was before that one stays.
    private string? PreviousOf(Workload next) =>
        Committed is not { } committed || ReleaseName.Of(committed) == ReleaseName.Of(next)
            ? PreviousRelease
            : ReleaseName.Of(committed);
}
