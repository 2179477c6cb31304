namespace Slipway.ControlPlane.Rollouts;

/// <summary>Where a rollout is. The numbers are the protocol's, and are stored.</summary>
internal enum RolloutState
{
    Unspecified = 0,
    Pending = 1,
    AwaitingApproval = 2,
    Running = 3,
    Paused = 4,
    Verifying = 5,
    Succeeded = 6,
    Aborting = 7,
    Aborted = 8,
    RollingBack = 9,
    RolledBack = 10,
    Failed = 11,
    Superseded = 12,
}
