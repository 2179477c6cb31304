namespace Slipway.Agent.Deployments;

/// <summary>Where a deployment is. The numbers are the wire's and the journal's: never renumbered.</summary>
internal enum DeploymentPhase
{
    Unspecified = 0,
    Assigned = 2,
    Fetching = 3,
    Staging = 4,
    Starting = 5,
    Verifying = 6,
    Committed = 7,
    Failed = 8,
    RolledBack = 9,
    Superseded = 10,
}
