namespace Slipway.ControlPlane.Storage.Rows;

/// <summary>What one agent is asked to run for one environment; no artifact: the release has none for it.</summary>
internal sealed class WorkloadRow
{
    public Guid AgentId { get; set; }

    public required string Application { get; set; }

    public required string Environment { get; set; }

    public long Generation { get; set; }

    public Guid DeploymentId { get; set; }

    public required string Version { get; set; }

    public string ArtifactPlatform { get; set; } = "";

    public string ArtifactDigest { get; set; } = "";

    public long ArtifactSizeBytes { get; set; }

    public string ArtifactFileName { get; set; } = "";

    public string ArtifactUpstreamUrl { get; set; } = "";

    /// <summary>The effective spec, frozen when the generation was made.</summary>
    public string SpecJson { get; set; } = "{}";
}
