namespace Slipway.Agent.Deployments;

/// <summary>What this agent is asked to run for one workload.</summary>
/// <param name="Key">The application and environment.</param>
/// <param name="Generation">Grows with each change; each generation is deployed once, failed or not.</param>
/// <param name="DeploymentId">The row in the history that the reports of this generation belong to.</param>
/// <param name="Version">The release's version.</param>
/// <param name="Artifact">What to fetch; null when the release has nothing for this platform.</param>
/// <param name="Server">How to run it.</param>
internal sealed record Workload(
    WorkloadKey Key,
    ulong Generation,
    string DeploymentId,
    string Version,
    ArtifactSpec? Artifact,
    ServerSpec Server)
{
    /// <summary>Why this agent cannot run it, found when it was read; the deployment fails with INVALID_SPEC.</summary>
    public string? Unsupported { get; init; }
}
