using Slipway.Shared.Artifacts;

namespace Slipway.ControlPlane.Releases;

/// <summary>A blob on its way: where its bytes are collected, where they will lie, and what they have to be.</summary>
internal sealed record BlobPart(string Path, string FinalPath, Digest Digest, long Size);
