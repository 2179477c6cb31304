using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Slipway.Shared.Artifacts;

/// <summary>The SHA-256 of an artifact's bytes, written <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
/// <remarks>The form of the OCI image specification, "Digests".</remarks>
public readonly record struct Digest
{
    public const string Prefix = "sha256:";
    private const int HexLength = 64;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    private Digest(string hex)
    {
        Hex = hex;
    }

    /// <summary>The 64 digits alone, as used for file names.</summary>
    public string Hex
    {
        get => field ?? throw new InvalidOperationException("The digest was never set.");
        private init;
    }

    public static Digest FromHash(ReadOnlySpan<byte> sha256)
    {
        if (sha256.Length != HexLength / 2)
        {
            throw new ArgumentException("A SHA-256 has 32 bytes.", nameof(sha256));
        }

        return new(Convert.ToHexStringLower(sha256));
    }

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        var isDigest = text is { Length: 71 } && text.StartsWith(Prefix, StringComparison.Ordinal)
            && !text.AsSpan(Prefix.Length).ContainsAnyExcept(HexDigits);
        digest = isDigest ? new(text![Prefix.Length..]) : default;
        return isDigest;
    }

    /// <exception cref="FormatException">It is not a SHA-256 digest.</exception>
    public static Digest Parse(string text) => TryParse(text, out var digest)
        ? digest
        : throw new FormatException($"'{text}' is not a digest; write sha256: and 64 lower-case hexadecimal digits.");

    public override string ToString() => Prefix + Hex;
}
