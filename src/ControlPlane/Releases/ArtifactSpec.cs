namespace Slipway.ControlPlane.Releases;

/// <summary>What a release has for one platform.</summary>
/// <param name="Platform">One of <see cref="Shared.Artifacts.Platform.Known"/>.</param>
/// <param name="Digest">The <see cref="Shared.Artifacts.Digest"/> as text.</param>
/// <param name="SizeBytes">How long it is.</param>
/// <param name="FileName">The name that it was pushed under; its suffix tells the format.</param>
/// <param name="UpstreamUrl">Where else it can be had; may be empty.</param>
internal sealed record ArtifactSpec(
    string Platform,
    string Digest,
    long SizeBytes,
    string FileName,
    string UpstreamUrl);
