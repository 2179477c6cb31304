using Slipway.Agent.Link;

namespace Tests.Unit.Agent.Link;

public class EnrollmentTokenTests
{
    private static readonly string Digest = new('a', 64);

    [Fact]
    public void A_token_has_the_digest_of_the_CA_and_does_not_show_its_secret()
    {
        Assert.True(EnrollmentToken.TryParse($"  sle1.{Digest}.id7.s3cret\n", out var token));

        Assert.Equal((Digest, $"sle1.{Digest}.id7.s3cret"), (token.AuthorityDigest, token.Secret));
        Assert.Equal("sle1...id7", token.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("sle1.abc.id7.s3cret")]
    [InlineData("slp1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.id7.s3cret")]
    [InlineData("sle1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.id7.")]
    [InlineData("sle1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.id7.s3cret")]
    public void Anything_else_is_none(string text) => Assert.False(EnrollmentToken.TryParse(text, out _));
}
