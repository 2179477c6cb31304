using Slipway.Shared.Artifacts;
using Slipway.Shared.Versioning;

namespace Tests.Unit.Shared.Versioning;

public class VersionPolicyTests
{
    private static readonly Platform Arm = new("linux/arm64");
    private static readonly Platform Amd = new("linux/amd64");

    private static readonly VersionCandidate[] Candidates =
    [
        new(SemanticVersion.Parse("1.9.0"), [Amd, Arm]),
        new(SemanticVersion.Parse("1.10.0"), [Amd]),
        new(SemanticVersion.Parse("2.0.0-rc.1"), [Platform.Any]),
        new(SemanticVersion.Parse("1.2.0"), [Platform.Any]),
    ];

    [Fact]
    public void The_default_policy_takes_the_newest_release_and_no_pre_release() =>
        Assert.Equal("1.10.0", Newest(VersionPolicy.Default));

    [Fact]
    public void Pre_releases_are_taken_when_they_are_included() =>
        Assert.Equal("2.0.0-rc.1", Newest(VersionPolicy.Default with { IncludePrereleases = true }));

    [Fact]
    public void The_filter_comes_before_the_newest() =>
        Assert.Equal("1.9.0", Newest(new() { Constraint = VersionConstraint.Parse("<1.10") }));

    [Fact]
    public void A_denied_version_is_passed_over() =>
        Assert.Equal("1.9.0", Newest(new() { Deny = [SemanticVersion.Parse("1.10.0")] }));

    [Fact]
    public void A_pin_takes_its_version_alone_even_against_the_constraint() =>
        Assert.Equal("1.2.0", Newest(new()
        {
            Pin = SemanticVersion.Parse("1.2.0"),
            Constraint = VersionConstraint.Parse(">=1.9"),
        }));

    [Fact]
    public void A_pin_may_name_a_pre_release() =>
        Assert.Equal("2.0.0-rc.1", Newest(new() { Pin = SemanticVersion.Parse("2.0.0-rc.1") }));

    [Fact]
    public void Only_releases_with_an_artifact_for_the_platform_count_when_one_is_asked_for() =>
        Assert.Equal("1.9.0", Newest(VersionPolicy.Default, Arm));

    [Fact]
    public void There_may_be_none() => Assert.Null(Newest(new() { Constraint = VersionConstraint.Parse("^7") }));

    [Theory]
    [InlineData("1.10.0", "denied")]
    [InlineData("2.0.0-rc.1", "pre-release")]
    [InlineData("0.9.0", "constraint")]
    public void A_refusal_says_which_rule_refused(string version, string word)
    {
        var policy = new VersionPolicy
        {
            Constraint = VersionConstraint.Parse("^1"),
            Deny = [SemanticVersion.Parse("1.10.0")],
        };

        Assert.Contains(word, policy.RefusalOf(SemanticVersion.Parse(version)), StringComparison.Ordinal);
    }

    private static string? Newest(VersionPolicy policy, Platform? platform = null) =>
        policy.Newest(Candidates, platform)?.Version.ToString();
}
