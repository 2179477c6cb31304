using Slipway.ControlPlane.Identity;

namespace Tests.Unit.ControlPlane.Identity;

public class SecretTests
{
    [Fact]
    public void A_secret_reads_back_and_matches_its_hash_alone()
    {
        var secret = Secret.Create(Secret.ForPeople, "digest");

        var read = Secret.Parse(Secret.ForPeople, secret.Reveal() + "\n");

        Assert.Equal(secret, read);
        Assert.True(read!.Matches(secret.Hash));
        Assert.False(read.Matches(Secret.Create(Secret.ForPeople, "digest").Hash));
    }

    [Fact]
    public void A_secret_does_not_show_itself_in_a_log()
    {
        var secret = Secret.Create(Secret.ForPeople, "digest");

        Assert.DoesNotContain(secret.Value, $"{secret}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("slp1.a.b")]
    [InlineData("slp1.a.b.")]
    [InlineData("sle1.a.b.c")]
    [InlineData("slp1.a.b.c.d")]
    public void Anything_else_is_no_secret(string text) => Assert.Null(Secret.Parse(Secret.ForPeople, text));
}
