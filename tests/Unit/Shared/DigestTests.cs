using Slipway.Shared.Artifacts;

namespace Tests.Unit.Shared;

public class DigestTests
{
    [Theory]
    [InlineData("")]
    [InlineData("sha256:abc")]
    [InlineData("md5:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    public void Anything_but_a_lower_case_sha256_is_refused(string text) =>
        Assert.False(Digest.TryParse(text, out _));

    [Fact]
    public void A_digest_reads_back_what_it_wrote()
    {
        var digest = Digest.FromHash(System.Security.Cryptography.SHA256.HashData([]));

        Assert.Equal(digest, Digest.Parse(digest.ToString()));
    }
}
