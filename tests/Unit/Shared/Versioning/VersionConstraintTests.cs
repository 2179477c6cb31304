using CsCheck;
using Slipway.Shared.Versioning;

namespace Tests.Unit.Shared.Versioning;

public class VersionConstraintTests
{
    private static readonly Gen<SemanticVersion> Version = Gen.Select(
        Gen.ULong[0, 3],
        Gen.ULong[0, 3],
        Gen.ULong[0, 3],
        Gen.OneOf(Gen.Const(""), Gen.Const("-rc.1")),
        (major, minor, patch, tail) => SemanticVersion.Parse($"{major}.{minor}.{patch}{tail}"));

    [Theory]
    [InlineData("", "0.0.0 1.0.0-rc.1 9.9.9", "")]
    [InlineData("*", "0.0.0 9.9.9", "")]
    [InlineData(">=1.4 <2", "1.4.0 1.9.9 1.5.0-rc.1", "1.3.9 2.0.0 2.0.0-rc.1 1.4.0-rc.1")]
    [InlineData(">=1.4, <2", "1.4.0", "2.0.0")]
    [InlineData(">= 1.4  < 2", "1.4.0", "2.0.0")]
    [InlineData("1.4.2", "1.4.2 1.4.2+build", "1.4.3 1.4.2-rc.1")]
    [InlineData("=1.4.2", "1.4.2", "1.4.3")]
    [InlineData("1.4", "1.4.0 1.4.9", "1.5.0 1.3.0 1.5.0-rc.1")]
    [InlineData("1.x", "1.0.0 1.9.0", "0.9.0 2.0.0")]
    [InlineData("1.4.*", "1.4.7", "1.5.0")]
    [InlineData("!=1.4.2", "1.4.1 1.4.3", "1.4.2")]
    [InlineData("!=1.4", "1.3.9 1.5.0", "1.4.0 1.4.9")]
    [InlineData(">1.4", "1.5.0", "1.4.9 1.4.0")]
    [InlineData(">1.4.2", "1.4.3", "1.4.2")]
    [InlineData("<=1.4", "1.4.9 1.0.0", "1.5.0 1.5.0-rc.1")]
    [InlineData("<=1.4.2", "1.4.2 1.4.2-rc.1", "1.4.3")]
    [InlineData("<1.4.2", "1.4.1", "1.4.2 1.4.2-rc.1")]
    [InlineData("<1.4.2-rc.2", "1.4.2-rc.1", "1.4.2-rc.2 1.4.2")]
    [InlineData("^1.2", "1.2.0 1.9.0", "1.1.9 2.0.0 2.0.0-alpha")]
    [InlineData("^1.2.3", "1.2.3 1.3.0", "1.2.2 2.0.0")]
    [InlineData("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2")]
    [InlineData("^0.0.3", "0.0.3", "0.0.4 0.0.2")]
    [InlineData("^0.0", "0.0.9", "0.1.0")]
    [InlineData("^0", "0.9.9", "1.0.0")]
    [InlineData("^1.2.3-rc.1", "1.2.3-rc.1 1.2.3-rc.2 1.2.3", "1.2.3-beta 2.0.0")]
    [InlineData("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2")]
    [InlineData("~1.2", "1.2.0 1.2.9", "1.3.0")]
    [InlineData("~1", "1.9.0", "2.0.0")]
    [InlineData("1.x || >=3.1", "1.0.0 3.1.0", "2.0.0 3.0.0")]
    [InlineData(">18446744073709551615", "", "18446744073709551615.9.9")]
    public void A_constraint_takes_what_it_says(string text, string accepted, string refused)
    {
        var constraint = VersionConstraint.Parse(text);

        Assert.All(Versions(accepted), version => Assert.True(constraint.Accepts(version), $"takes {version}"));
        Assert.All(Versions(refused), version => Assert.False(constraint.Accepts(version), $"refuses {version}"));
    }

    [Theory]
    [InlineData("banana")]
    [InlineData(">=")]
    [InlineData("=>1.2")]
    [InlineData(">=1.2.3.4")]
    [InlineData("1.x.3")]
    [InlineData("||")]
    [InlineData("1.2 ||")]
    [InlineData("1.2 - 1.4")]
    [InlineData("v1.2")]
    [InlineData("><1")]
    public void What_is_no_constraint_is_refused_with_a_remedy(string text)
    {
        Assert.False(VersionConstraint.TryParse(text, out _, out var error));
        Assert.Matches("write|use", error);
    }

    [Fact]
    public void A_caret_of_a_version_takes_that_version_and_never_the_next_major() =>
        Version.Sample(version =>
            VersionConstraint.Parse($"^{version}") is var constraint
            && constraint.Accepts(version)
            && !constraint.Accepts(SemanticVersion.Parse($"{version.Major + 1}.0.0")));

    [Fact]
    public void At_least_and_below_part_all_versions_but_the_pre_releases_of_the_border() =>
        Gen.Select(Version, Version).Where((border, version) => border.IsPrerelease || version.Patch != border.Patch)
            .Sample((border, version) =>
                VersionConstraint.Parse($">={border}").Accepts(version)
                != VersionConstraint.Parse($"<{border}").Accepts(version));

    private static IEnumerable<SemanticVersion> Versions(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(SemanticVersion.Parse);
}
