using System.Text.Json.Serialization;

namespace Slipway.Agent.Deployments;

/// <summary>What this agent is asked to run for one workload.</summary>
/// <param name="Key">The application and environment.</param>
/// <param name="Generation">Grows with each change; each generation is deployed once, failed or not.</param>
/// <param name="DeploymentId">The row in the history that the reports of this generation belong to.</param>
/// <param name="Version">The release's version.</param>
/// <param name="Artifact">What to fetch; null when the release has nothing for this platform.</param>
/// <param name="Server">How to run it, if it is a server.</param>
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

    /// <summary>The files to switch, if it is that.</summary>
    public AssetsSpec? Assets { get; init; }

    /// <summary>How to bring the agent itself up to date, if it is that.</summary>
    public AgentSpec? Agent { get; init; }

    [JsonIgnore]
    public RuntimeKind Kind => Assets is not null ? RuntimeKind.Assets
        : Agent is not null ? RuntimeKind.Agent
        : RuntimeKind.Server;

    /// <summary>How long a new instance may take until it is ready.</summary>
    [JsonIgnore]
    public TimeSpan StartTimeout => Agent?.StartTimeout ?? Server.StartTimeout;

    /// <summary>How long a ready instance is watched before it takes over.</summary>
    [JsonIgnore]
    public TimeSpan Bake => Kind == RuntimeKind.Server ? Server.Bake : TimeSpan.Zero;

    /// <summary>How many releases stay besides the current and the previous one.</summary>
    [JsonIgnore]
    public int KeepReleases => Math.Max(Agent is null ? Assets?.KeepReleases ?? Server.KeepReleases : 0, 0);

    /// <summary>What runs before an instance is started.</summary>
    [JsonIgnore]
    public HookSpec? Before => Kind == RuntimeKind.Server ? Server.Before : Assets?.Before;

    /// <summary>What the workload's programs and hooks find in their environment.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, string> Environment => Assets?.Environment ?? Server.Environment;
}
