using System.Globalization;
using System.Text;
using CsCheck;
using Slipway.Shared.Versioning;

namespace Tests.Unit.Shared.Versioning;

public class SemanticVersionTests
{
    private static readonly Gen<string> Identifier = Gen.OneOf(
        Gen.ULong[0, 30].Select(number => number.ToString(CultureInfo.InvariantCulture)),
        Gen.Const("999999999999999999999"),
        Gen.Char["019azAZ-"].Array[1, 4].Select(characters => new string(characters))
            .Where(text => !text.All(char.IsAsciiDigit) || text is ['0'] or [not '0', ..]));

    private static readonly Gen<SemanticVersion> Version = Gen.Select(
        Gen.OneOf(Gen.ULong[0, 12], Gen.Const(ulong.MaxValue)),
        Gen.ULong[0, 12],
        Gen.ULong[0, 2],
        Identifier.Array[0, 3],
        Identifier.Array[0, 1],
        (major, minor, patch, prerelease, build) => SemanticVersion.Parse(
            $"{major}.{minor}.{patch}{Tail('-', prerelease)}{Tail('+', build)}"));

    [Theory]
    [InlineData("0.0.4")]
    [InlineData("1.2.3")]
    [InlineData("10.20.30")]
    [InlineData("1.1.2-prerelease+meta")]
    [InlineData("1.0.0-alpha-a.b-c-somethinglong+build.1-aef.1-its-okay")]
    [InlineData("1.0.0-0A.is.legal")]
    [InlineData("2.0.0+build.1848")]
    [InlineData("1.2.3----RC-SNAPSHOT.12.9.1--.12+788")]
    [InlineData("1.0.0+0.build.1-rc.10000aaa-kk-0.1")]
    [InlineData("18446744073709551615.0.0")]
    public void The_valid_examples_read_back_as_they_were_written(string text) =>
        Assert.Equal(text, SemanticVersion.Parse(text).ToString());

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.2")]
    [InlineData("v1.2.3")]
    [InlineData("1.2.3-0123")]
    [InlineData("1.2.3-0123.0123")]
    [InlineData("1.1.2+.123")]
    [InlineData("1.0.0-alpha_beta")]
    [InlineData("1.0.0-alpha..1")]
    [InlineData("1.0.0-")]
    [InlineData("1.0.0+")]
    [InlineData("01.1.1")]
    [InlineData("1.2.3.DEV")]
    [InlineData("1.2-SNAPSHOT")]
    [InlineData("1.2.3 ")]
    [InlineData(" 1.2.3")]
    [InlineData("+1.2.3")]
    [InlineData("-1.0.3-gamma+b7718")]
    [InlineData("9.8.7+meta+meta")]
    [InlineData("1.2.3-ä")]
    [InlineData("18446744073709551616.0.0")]
    [InlineData("../../../etc")]
    public void The_invalid_examples_are_refused(string? text) => Assert.False(SemanticVersion.TryParse(text, out _));

    [Fact]
    public void A_version_that_is_too_long_for_a_folder_is_refused() =>
        Assert.False(SemanticVersion.TryParse($"1.0.0-{new string('a', SemanticVersion.MaxLength)}", out _));

    [Fact]
    public void The_lenient_parser_takes_one_leading_v_and_drops_it()
    {
        Assert.True(SemanticVersion.TryParseLenient("v1.2.3", out var version));
        Assert.Equal("1.2.3", version.ToString());
        Assert.True(SemanticVersion.TryParseLenient("1.2.3", out _));
        Assert.False(SemanticVersion.TryParseLenient("vv1.2.3", out _));
        Assert.False(SemanticVersion.TryParseLenient("V1.2.3", out _));
    }

    [Fact]
    public void The_chain_of_the_specification_is_in_order()
    {
        string[] chain =
        [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1",
        ];

        foreach (var (lower, higher) in chain.Zip(chain.Skip(1)))
        {
            Assert.True(SemanticVersion.Parse(lower) < SemanticVersion.Parse(higher), $"{lower} < {higher}");
        }
    }

    [Fact]
    public void Build_metadata_does_not_count()
    {
        var left = SemanticVersion.Parse("1.0.0+a");
        var right = SemanticVersion.Parse("1.0.0+b");

        Assert.Equal(left, right);
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
        Assert.True(left.IsNamedBy(SemanticVersion.Parse("1.0.0")));
        Assert.False(left.IsNamedBy(right));
    }

    [Fact]
    public void The_order_is_antisymmetric_and_agrees_with_equality() =>
        Gen.Select(Version, Version).Sample((left, right) =>
            Math.Sign(left.CompareTo(right)) == -Math.Sign(right.CompareTo(left))
            && left.Equals(right) == (left.CompareTo(right) == 0)
            && (!left.Equals(right) || left.GetHashCode() == right.GetHashCode()));

    [Fact]
    public void The_order_is_transitive() =>
        Gen.Select(Version, Version, Version).Sample((first, second, third) =>
            !(first <= second && second <= third) || first <= third);

    [Fact]
    public void Sort_keys_are_ordered_byte_by_byte_as_the_versions_are() =>
        Gen.Select(Version, Version).Sample((left, right) =>
            Math.Sign(string.CompareOrdinal(left.SortKey, right.SortKey)) == Math.Sign(left.CompareTo(right)));

    [Fact]
    public void A_pre_release_lies_between_the_release_before_and_its_own() =>
        Version.Where(version => version.IsPrerelease).Sample(version =>
            version < SemanticVersion.Parse($"{version.Major}.{version.Minor}.{version.Patch}"));

    private static string Tail(char mark, string[] identifiers) => identifiers.Length == 0
        ? ""
        : new StringBuilder().Append(mark).AppendJoin('.', identifiers).ToString();
}
