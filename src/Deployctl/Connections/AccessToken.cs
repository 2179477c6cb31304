using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Connections;

/// <summary>A person's or a CI's token: it names the authority of the control plane's certificate.</summary>
internal sealed class AccessToken
{
    private const string Prefix = "slp1";
    private const int DigestLength = 64;

    private AccessToken(string value, string authorityDigest)
    {
        Value = value;
        AuthorityDigest = authorityDigest;
    }

    /// <summary>The secret itself. It goes into a header and into the contexts file, and nowhere else.</summary>
    public string Value { get; }

    /// <summary>SHA-256 of the authority's certificate, hexadecimal.</summary>
    public string AuthorityDigest { get; }

    /// <exception cref="ProblemException">It is not a token; the text is not repeated.</exception>
    public static AccessToken Parse(string text, string from)
    {
        var parts = text.Trim().Split('.');
        return parts is [Prefix, { Length: DigestLength } digest, { Length: > 0 }, { Length: > 0 }]
            && digest.All(char.IsAsciiHexDigitLower)
            ? new(text.Trim(), digest)
            : throw new ProblemException(new Problem(
                StatusCode.Unauthenticated,
                "TOKEN_MALFORMED",
                $"{from} holds no access token: it should read slp1.<digest>.<id>.<secret>, in one line"));
    }

    public override string ToString() => "slp1.***";
}
