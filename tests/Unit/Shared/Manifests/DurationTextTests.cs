using CsCheck;
using Slipway.Shared.Manifests;

namespace Tests.Unit.Shared.Manifests;

public class DurationTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("250ms", 250)]
    [InlineData("30s", 30_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("1m30s", 90_000)]
    [InlineData("7d", 604_800_000)]
    public void A_number_with_a_unit_is_a_duration(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("s")]
    [InlineData("999999999d")]
    [InlineData("1e3s")]
    public void Anything_else_is_refused(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Fact]
    public void What_is_written_reads_back() =>
        Gen.Long[0, TimeSpan.FromDays(30).Ticks].Select(TimeSpan.FromTicks).Sample(duration =>
            DurationText.TryParse(DurationText.Of(duration), out var read) && read == duration);
}
