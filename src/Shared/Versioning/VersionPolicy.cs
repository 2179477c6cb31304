using Slipway.Shared.Artifacts;

namespace Slipway.Shared.Versioning;

/// <summary>Which releases are taken: filter first, then the newest.</summary>
public sealed record VersionPolicy
{
    /// <summary>Takes every release, but no pre-release.</summary>
    public static readonly VersionPolicy Default = new();

    public VersionConstraint Constraint { get; init; } = VersionConstraint.All;

    public bool IncludePrereleases { get; init; }

    /// <summary>Only this version, whatever the constraint says and be it a pre-release.</summary>
    public SemanticVersion? Pin { get; init; }

    /// <summary>Never these versions.</summary>
    public IReadOnlyList<SemanticVersion> Deny { get; init; } = [];

    public bool Accepts(SemanticVersion version) => RefusalOf(version) is null;

    /// <summary>Why the version is not taken, as the end of a sentence that begins with it; null: it is.</summary>
    public string? RefusalOf(SemanticVersion version)
    {
        if (Deny.Any(version.IsNamedBy))
        {
            return "is denied by the policy";
        }

        if (Pin is not null)
        {
            return version.IsNamedBy(Pin) ? null : $"is not {Pin}, which the policy is pinned to";
        }

        if (version.IsPrerelease && !IncludePrereleases)
        {
            return "is a pre-release, which the policy does not include";
        }

        return Constraint.Accepts(version) ? null : $"does not satisfy the policy's constraint '{Constraint}'";
    }

    /// <summary>The newest that is taken and, when asked, has an artifact for <paramref name="platform"/>.</summary>
    public VersionCandidate? Newest(IEnumerable<VersionCandidate> candidates, Platform? platform = null) => candidates
        .Where(candidate => Accepts(candidate.Version) && (platform is null || candidate.RunsOn(platform.Value)))
        .OrderByDescending(candidate => candidate.Version)
        .ThenByDescending(candidate => candidate.Version.Build, StringComparer.Ordinal)
        .FirstOrDefault();
}
