using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Slipway.ControlPlane.Environments;

/// <summary>How many of a number of agents: so many (<c>2</c>), or so many of a hundred (<c>25%</c>).</summary>
internal readonly record struct Share(int Number, bool IsPercentage)
{
    public static readonly Share One = new(1, IsPercentage: false);

    private const int Most = 100_000;

    public static bool TryParse([NotNullWhen(true)] string? text, out Share share)
    {
        var isPercentage = text is [.., '%'];
        var digits = isPercentage ? text![..^1] : text;
        var isNumber = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        share = new(number, isPercentage);
        return isNumber && number >= 1 && number <= (isPercentage ? 100 : Most);
    }

    /// <summary>The share of <paramref name="total"/> agents: rounded down, but at least one.</summary>
    public int Of(int total) => IsPercentage ? Math.Max(1, (int)((long)total * Number / 100)) : Number;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Number}{(IsPercentage ? "%" : "")}");
}
