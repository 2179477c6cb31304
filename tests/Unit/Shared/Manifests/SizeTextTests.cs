using Slipway.Shared.Manifests;

namespace Tests.Unit.Shared.Manifests;

public class SizeTextTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("65536", 65536)]
    [InlineData("64KiB", 64 << 10)]
    [InlineData("1.5GiB", 3L << 29)]
    [InlineData("2TiB", 2L << 40)]
    public void A_size_has_a_unit_or_none(string text, long size)
    {
        Assert.True(SizeText.TryParse(text, out var read));
        Assert.Equal(size, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("512MB")]
    [InlineData("MiB")]
    [InlineData("9999999999TiB")]
    [InlineData("99999999999999999999")]
    public void Anything_else_is_no_size(string text) => Assert.False(SizeText.TryParse(text, out _));
}
