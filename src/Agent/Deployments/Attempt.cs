namespace Slipway.Agent.Deployments;

/// <summary>A deployment that is under way: what its journal says.</summary>
/// <param name="Workload">What is deployed.</param>
/// <param name="Last">The last line that is to be reported.</param>
/// <param name="IsDecided">Whether it only goes forward from here.</param>
internal sealed record Attempt(Workload Workload, JournalRecord Last, bool IsDecided)
{
    public DeploymentPhase Phase => Last.Phase;

    /// <summary>What the attempt's instance is started with.</summary>
    public string Ticket => Workload.DeploymentId;

    public bool IsEnded => Phase is DeploymentPhase.Committed or DeploymentPhase.Failed
        or DeploymentPhase.RolledBack or DeploymentPhase.Superseded;

    public static Attempt? Replay(IEnumerable<JournalRecord> records)
    {
        Attempt? attempt = null;
        foreach (var record in records)
        {
            attempt = attempt is not null ? attempt.With(record)
                : record.Workload is { } workload ? new(workload, record, IsDecided: false)
                : null;
        }

        return attempt;
    }

    public Attempt With(JournalRecord record) =>
        record.IsDecision ? this with { IsDecided = true } : this with { Last = record };
}
