namespace Slipway.ControlPlane.Releases;

/// <summary>A release as somebody pushes it.</summary>
internal sealed record ReleaseSpec
{
    public required string Application { get; init; }

    public required string Version { get; init; }

    public string Notes { get; init; } = "";

    public IReadOnlyList<ArtifactSpec> Artifacts { get; init; } = [];
}
