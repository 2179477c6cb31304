namespace Slipway.ControlPlane.Rollouts;

/// <summary>The strategy, frozen and worked out for the agents of one rollout.</summary>
/// <param name="BatchSize">Agents that a batch may take.</param>
/// <param name="MaxUnavailable">Agents that may be unavailable at once: sick, offline, or under way.</param>
/// <param name="Bake">How long everything done so far must have been healthy before the rollout goes on.</param>
/// <param name="ProgressDeadline">How long the rollout may go without any progress.</param>
/// <param name="MaxFailures">Failed deployments that are put up with.</param>
internal sealed record RolloutPlan(
    int BatchSize,
    int MaxUnavailable,
    TimeSpan Bake,
    TimeSpan ProgressDeadline,
    int MaxFailures)
{
    private static readonly TimeSpan LongestGrace = TimeSpan.FromMinutes(1);

    /// <summary>How long agents that are offline hold up the end of a rollout when everything else is done.</summary>
    /// <remarks>Shorter than the deadline, so that a host that is switched off does not fail the rollout.</remarks>
    public TimeSpan OfflineGrace => ProgressDeadline / 2 < LongestGrace ? ProgressDeadline / 2 : LongestGrace;
}
