using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Slipway.Shared.Versioning;

/// <summary>A version as constraints write it, its end open or not: <c>1.4.2-rc.1</c>, <c>1.4</c>.</summary>
/// <param name="Lowest">The version with zeros for what is open.</param>
/// <param name="Given">How many of the three numbers were written.</param>
internal sealed record PartialVersion(SemanticVersion Lowest, int Given)
{
    public bool IsWhole => Given == 3;

    public static bool TryParse(string text, [NotNullWhen(true)] out PartialVersion? partial)
    {
        if (SemanticVersion.TryParse(text, out var whole))
        {
            partial = new(whole, 3);
            return true;
        }

        partial = null;
        var parts = text.Split('.');
        var given = parts.TakeWhile(part => !IsWildcard(part)).ToArray();
        var numbers = new ulong[3];
        if (parts.Length > numbers.Length || given.Length == numbers.Length
            || !parts.Skip(given.Length).All(IsWildcard)
            || !given.Index().All(part => SemanticVersion.TryParseNumber(part.Item, out numbers[part.Index])))
        {
            return false;
        }

        partial = new(Version(numbers[0], numbers[1], numbers[2]), given.Length);
        return true;
    }

    /// <summary>The first version after all that share the first <paramref name="count"/> numbers, if any.</summary>
    public SemanticVersion? Next(int count) => count switch
    {
        0 => null,
        1 => Increment(Lowest.Major, number => Version(number, 0, 0)),
        2 => Increment(Lowest.Minor, number => Version(Lowest.Major, number, 0)),
        _ => Increment(Lowest.Patch, number => Version(Lowest.Major, Lowest.Minor, number)),
    };

    private static bool IsWildcard(string part) => part is "x" or "X" or "*";

    private static SemanticVersion? Increment(ulong number, Func<ulong, SemanticVersion> build) =>
        number == ulong.MaxValue ? null : build(number + 1);

    private static SemanticVersion Version(ulong major, ulong minor, ulong patch) =>
        SemanticVersion.Parse(string.Create(CultureInfo.InvariantCulture, $"{major}.{minor}.{patch}"));
}
