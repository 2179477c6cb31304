using Slipway.Shared.Artifacts;

namespace Slipway.Agent.Deployments;

/// <summary>One artifact: where it is and how to know that it is the right one.</summary>
internal sealed record ArtifactSpec(Digest Digest, long SizeBytes, string FileName, string Path);
