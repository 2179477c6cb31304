using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Slipway.Agent.Link;

/// <summary>A one-time token, <c>sle1.DIGEST.ID.SECRET</c>: the digest tells the real control plane.</summary>
internal sealed class EnrollmentToken
{
    private const string Kind = "sle1";
    private const int DigestLength = 64;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private EnrollmentToken(string text, string authorityDigest, string id)
    {
        Secret = text;
        AuthorityDigest = authorityDigest;
        Id = id;
    }

    /// <summary>SHA-256 of the control plane's CA certificate (DER), in lower-case hexadecimal.</summary>
    public string AuthorityDigest { get; }

    /// <summary>The part that may be shown.</summary>
    public string Id { get; }

    /// <summary>The whole token, for the control plane only.</summary>
    public string Secret { get; }

    public static bool TryParse(string text, [NotNullWhen(true)] out EnrollmentToken? token)
    {
        token = text.Trim().Split('.') is [Kind, { Length: DigestLength } digest, { Length: > 0 } id, { Length: > 0 }]
            && !digest.AsSpan().ContainsAnyExcept(HexDigits)
                ? new(text.Trim(), digest, id)
                : null;
        return token is not null;
    }

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Kind}...{Id}";
}
