using System.Globalization;

namespace Slipway.Shared.Manifests;

/// <summary>Reads sizes and counts: <c>4096</c>, <c>64KiB</c>, <c>512MiB</c>, <c>1.5GiB</c>.</summary>
public static class SizeText
{
    public const string Hint = "write a number, or one with KiB, MiB, GiB or TiB, such as 512MiB";

    private static readonly (string Unit, long Factor)[] Units =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40)];

    public static bool TryParse(string text, out long size)
    {
        var (unit, factor) = Array.Find(Units, unit => text.EndsWith(unit.Unit, StringComparison.Ordinal));
        var style = unit is null ? NumberStyles.None : NumberStyles.AllowDecimalPoint;
        var isNumber = decimal.TryParse(
            unit is null ? text : text[..^unit.Length], style, CultureInfo.InvariantCulture, out var number);
        var isRight = isNumber && number <= long.MaxValue / (unit is null ? 1 : factor);
        size = isRight ? (long)(number * (unit is null ? 1 : factor)) : 0;
        return isRight;
    }
}
