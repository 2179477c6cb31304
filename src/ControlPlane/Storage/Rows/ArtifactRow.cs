namespace Slipway.ControlPlane.Storage.Rows;

internal sealed class ArtifactRow
{
    public required string Application { get; set; }

    public required string Version { get; set; }

    public required string Platform { get; set; }

    public required string Digest { get; set; }

    public long SizeBytes { get; set; }

    public string FileName { get; set; } = "";

    public string UpstreamUrl { get; set; } = "";
}
