namespace Slipway.Shared.Versioning;

/// <summary>The versions from one to another; a missing end is open.</summary>
/// <remarks>
/// An end that is excluded also excludes the pre-releases that lead to it: <c>&lt;2</c> does not take 2.0.0-rc.1.
/// </remarks>
internal sealed record VersionRange
{
    public static readonly VersionRange All = new();

    /// <summary>No version: 0.0.0-0 is the lowest of all.</summary>
    public static readonly VersionRange None = Before(SemanticVersion.Parse("0.0.0-0"));

    public SemanticVersion? From { get; private init; }

    public bool IncludesFrom { get; private init; } = true;

    public SemanticVersion? To { get; private init; }

    public bool IncludesTo { get; private init; } = true;

    public static VersionRange Exactly(SemanticVersion version) => new() { From = version, To = version };

    public static VersionRange AtLeast(SemanticVersion version) => new() { From = version };

    public static VersionRange After(SemanticVersion version) => new() { From = version, IncludesFrom = false };

    public static VersionRange AtMost(SemanticVersion version) => new() { To = version };

    public static VersionRange Before(SemanticVersion? version) => new() { To = version, IncludesTo = false };

    public static VersionRange Between(SemanticVersion from, SemanticVersion? before) =>
        new() { From = from, To = before, IncludesTo = false };

    public bool Contains(SemanticVersion version) => IsAboveFrom(version) && IsBelowTo(version);

    private bool IsAboveFrom(SemanticVersion version) =>
        From is null || version > From || (IncludesFrom && version == From);

    private bool IsBelowTo(SemanticVersion version)
    {
        if (To is null || version > To)
        {
            return To is null;
        }

        return IncludesTo || (version < To && (To.IsPrerelease || !LeadsTo(version, To)));
    }

    private static bool LeadsTo(SemanticVersion version, SemanticVersion end) =>
        version.IsPrerelease && (version.Major, version.Minor, version.Patch) == (end.Major, end.Minor, end.Patch);
}
