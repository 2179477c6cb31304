using Slipway.Shared.Artifacts;

namespace Slipway.Shared.Versioning;

/// <summary>A release that a policy may take: its version and what it has artifacts for.</summary>
public sealed record VersionCandidate(SemanticVersion Version, IReadOnlyList<Platform> Platforms)
{
    public bool RunsOn(Platform host) => Platforms.Any(platform => platform.RunsOn(host));
}
