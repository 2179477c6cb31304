namespace Slipway.ControlPlane.History;

/// <summary>Where a deployment is. Phases only move forward; from <see cref="Committed"/> on they are ends.</summary>
/// <remarks>The numbers are the protocol's, and are stored.</remarks>
internal enum DeploymentPhase
{
    Unspecified = 0,
    Waiting = 1,
    Assigned = 2,
    Fetching = 3,
    Staging = 4,
    Starting = 5,
    Verifying = 6,
    Committed = 7,
    Failed = 8,
    RolledBack = 9,
    Superseded = 10,
    Skipped = 11,
}

internal static class DeploymentPhases
{
    extension(DeploymentPhase phase)
    {
        public bool IsEnd => phase >= DeploymentPhase.Committed;

        /// <summary>The agent was asked to run the release and has not said how it ended.</summary>
        public bool IsUnderWay => phase is >= DeploymentPhase.Assigned and < DeploymentPhase.Committed;

        /// <summary>It ended without the release running.</summary>
        public bool IsFailure =>
            phase is DeploymentPhase.Failed or DeploymentPhase.RolledBack or DeploymentPhase.Superseded;
    }
}
