namespace Slipway.ControlPlane.Storage.Rows;

internal sealed class ReleaseRow
{
    public required string Application { get; set; }

    public required string Version { get; set; }

    /// <summary>Sorts, by ordinal, as the version does by precedence.</summary>
    public required string VersionKey { get; set; }

    public string Notes { get; set; } = "";

    public string CreatedBy { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public List<ArtifactRow> Artifacts { get; set; } = [];
}
