using Slipway.Shared.Versioning;

namespace Slipway.ControlPlane.Environments;

/// <summary>Which releases an environment takes, as it was written.</summary>
internal sealed record PolicySpec
{
    /// <summary>Empty: all.</summary>
    public string Constraint { get; init; } = "";

    public bool IncludePrereleases { get; init; }

    /// <summary>Empty: none.</summary>
    public string Pin { get; init; } = "";

    public IReadOnlyList<string> Deny { get; init; } = [];

    public PolicyMode Mode { get; init; } = PolicyMode.Manual;

    /// <summary>The policy that these words mean; they have been checked when they were stored.</summary>
    public VersionPolicy ToVersionPolicy() => new()
    {
        Constraint = VersionConstraint.Parse(Constraint),
        IncludePrereleases = IncludePrereleases,
        Pin = Pin.Length == 0 ? null : SemanticVersion.Parse(Pin),
        Deny = [.. Deny.Select(SemanticVersion.Parse)],
    };
}
