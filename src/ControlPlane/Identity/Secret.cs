using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Slipway.ControlPlane.Identity;

/// <summary>A token as its holder has it: <c>slp1.&lt;digest of the CA&gt;.&lt;id&gt;.&lt;secret&gt;</c>.</summary>
internal sealed record Secret(string Prefix, string AuthorityDigest, string Id, string Value)
{
    /// <summary>Of people and CI.</summary>
    public const string ForPeople = "slp1";

    /// <summary>Of hosts that enrol.</summary>
    public const string ForEnrollment = "sle1";

    private const int IdBytes = 8;
    private const int ValueBytes = 32;

    /// <summary>All that is kept of it.</summary>
    public byte[] Hash => SHA256.HashData(Encoding.UTF8.GetBytes(Value));

    public static Secret Create(string prefix, string authorityDigest) => new(
        prefix,
        authorityDigest,
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes)),
        Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(ValueBytes)));

    /// <summary>Null unless the text has the form of such a token.</summary>
    public static Secret? Parse(string prefix, string text) =>
        text.Trim().Split('.') is [var kind, var digest, var id, var value] && kind == prefix && value.Length > 0
            ? new Secret(prefix, digest, id, value)
            : null;

    /// <summary>Compares in a time that tells nothing of where the difference is.</summary>
    public bool Matches(byte[] hash) => CryptographicOperations.FixedTimeEquals(Hash, hash);

    public string Reveal() => $"{Prefix}.{AuthorityDigest}.{Id}.{Value}";

    // The generated one would put the secret into logs.
    public override string ToString() => $"{Prefix}.….{Id}.…";
}
