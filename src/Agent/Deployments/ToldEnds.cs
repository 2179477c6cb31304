namespace Slipway.Agent.Deployments;

/// <summary>Which ends of a deployment's program were told to the control plane, and how many more may be.</summary>
/// <param name="DeploymentId">The deployment.</param>
/// <param name="Run">The last run whose end was told; 0: none.</param>
/// <param name="Left">How many may be told at once.</param>
/// <param name="Since">Since when more of them are earned.</param>
internal sealed record ToldEnds(string DeploymentId, int Run, int Left, DateTimeOffset Since);
