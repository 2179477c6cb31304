using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Slipway.Shared.Versioning;

/// <summary>A version after Semantic Versioning 2.0.0, compared by precedence: build metadata is ignored.</summary>
/// <remarks>https://semver.org/spec/v2.0.0.html, items 2 to 11. The three numbers are limited to 64 bits.</remarks>
public sealed class SemanticVersion
    : IComparable<SemanticVersion>,
        IEquatable<SemanticVersion>,
        IComparisonOperators<SemanticVersion, SemanticVersion, bool>
{
    /// <summary>Longer texts are refused: a version is also the name of a folder and a key in a table.</summary>
    public const int MaxLength = 128;

    private static readonly SearchValues<char> IdentifierCharacters =
        SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");

    private readonly string _text;

    private SemanticVersion(string text, ulong[] numbers, string[] prerelease, string build)
    {
        _text = text;
        (Major, Minor, Patch) = (numbers[0], numbers[1], numbers[2]);
        Prerelease = prerelease;
        Build = build;
    }

    public ulong Major { get; }

    public ulong Minor { get; }

    public ulong Patch { get; }

    /// <summary>The identifiers between the hyphen and the plus; empty for a release proper.</summary>
    public IReadOnlyList<string> Prerelease { get; }

    /// <summary>What follows the plus; empty when there is none.</summary>
    public string Build { get; }

    public bool IsPrerelease => Prerelease.Count > 0;

    /// <summary>Sorts, byte by byte and in any collation, as the versions themselves do.</summary>
    public string SortKey => field ??= WriteSortKey();

    /// <exception cref="FormatException">It is not a version after Semantic Versioning 2.0.0.</exception>
    public static SemanticVersion Parse(string text) => TryParse(text, out var version)
        ? version
        : throw new FormatException($"'{text}' is no semantic version; write one such as 1.4.0 or 2.0.0-rc.1.");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out SemanticVersion? version)
    {
        version = null;
        if (text is null or { Length: 0 or > MaxLength })
        {
            return false;
        }

        var (rest, build) = Split(text, '+');
        var (core, prerelease) = Split(rest, '-');
        var identifiers = prerelease?.Split('.') ?? [];
        var numbers = new ulong[3];
        if (!TryParseCore(core, numbers)
            || !identifiers.All(IsPrereleaseIdentifier)
            || build?.Split('.').All(IsIdentifier) == false)
        {
            return false;
        }

        version = new(text, numbers, identifiers, build ?? "");
        return true;
    }

    /// <summary>As <see cref="TryParse"/>, and takes one leading <c>v</c>, as tags carry it.</summary>
    public static bool TryParseLenient(string? text, [NotNullWhen(true)] out SemanticVersion? version) =>
        TryParse(text is ['v', .. var rest] ? rest : text, out version);

    /// <summary>Whether <paramref name="named"/> means this version; its build counts if it has one.</summary>
    public bool IsNamedBy(SemanticVersion named) =>
        Equals(named) && (named.Build.Length == 0 || named.Build == Build);

    public int CompareTo(SemanticVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        var core = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        return core != 0 ? core : ComparePrerelease(Prerelease, other.Prerelease);
    }

    public bool Equals(SemanticVersion? other) => CompareTo(other) == 0;

    public override bool Equals(object? obj) => Equals(obj as SemanticVersion);

    public override int GetHashCode() => SortKey.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => _text;

    public static bool operator ==(SemanticVersion? left, SemanticVersion? right) => Compare(left, right) == 0;

    public static bool operator !=(SemanticVersion? left, SemanticVersion? right) => Compare(left, right) != 0;

    public static bool operator <(SemanticVersion left, SemanticVersion right) => Compare(left, right) < 0;

    public static bool operator <=(SemanticVersion left, SemanticVersion right) => Compare(left, right) <= 0;

    public static bool operator >(SemanticVersion left, SemanticVersion right) => Compare(left, right) > 0;

    public static bool operator >=(SemanticVersion left, SemanticVersion right) => Compare(left, right) >= 0;

    private static int Compare(SemanticVersion? left, SemanticVersion? right) =>
        left is null ? (right is null ? 0 : -1) : left.CompareTo(right);

    private static (string Head, string? Tail) Split(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
    }

    private static bool TryParseCore(string text, ulong[] numbers)
    {
        var parts = text.Split('.');
        return parts.Length == numbers.Length
            && parts.Index().All(part => TryParseNumber(part.Item, out numbers[part.Index]));
    }

    internal static bool TryParseNumber(string text, out ulong number) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number)
        && text is ['0'] or [not '0', ..];

    private static bool IsIdentifier(string text) =>
        text.Length > 0 && !text.AsSpan().ContainsAnyExcept(IdentifierCharacters);

    private static bool IsPrereleaseIdentifier(string text) =>
        IsIdentifier(text) && (!IsNumeric(text) || text is ['0'] or [not '0', ..]);

    private static bool IsNumeric(string text) => !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    private static int ComparePrerelease(IReadOnlyList<string> left, IReadOnlyList<string> right)
    {
        if (left.Count == 0 || right.Count == 0)
        {
            return right.Count.CompareTo(left.Count);
        }

        var different = left.Zip(right, CompareIdentifiers).FirstOrDefault(order => order != 0);
        return different != 0 ? different : left.Count.CompareTo(right.Count);
    }

    // Numbers have no leading zeros, so that the longer one is the greater one, however many digits they have.
    private static int CompareIdentifiers(string left, string right) => (IsNumeric(left), IsNumeric(right)) switch
    {
        (true, false) => -1,
        (false, true) => 1,
        (true, true) when left.Length != right.Length => left.Length.CompareTo(right.Length),
        _ => string.CompareOrdinal(left, right),
    };

    // Only digits and a to f, which every collation orders alike: each number follows its length, text is written in
    // hexadecimal and ended by 00, and 0 < 1 < 2 stand for the end of the list, a number, a text.
    private string WriteSortKey()
    {
        var key = new StringBuilder();
        foreach (var number in (ReadOnlySpan<ulong>)[Major, Minor, Patch])
        {
            AppendNumber(key, number.ToString(CultureInfo.InvariantCulture));
        }

        if (!IsPrerelease)
        {
            return key.Append('3').ToString();
        }

        foreach (var identifier in Prerelease)
        {
            if (IsNumeric(identifier))
            {
                AppendNumber(key.Append('1'), identifier);
            }
            else
            {
                key.Append('2').Append(Convert.ToHexStringLower(Encoding.ASCII.GetBytes(identifier))).Append("00");
            }
        }

        return key.Append('0').ToString();
    }

    private static void AppendNumber(StringBuilder key, string digits) =>
        key.Append(CultureInfo.InvariantCulture, $"{digits.Length:x2}{digits}");
}
