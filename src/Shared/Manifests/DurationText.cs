using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Slipway.Shared.Manifests;

/// <summary>Durations as people write them: <c>250ms</c>, <c>30s</c>, <c>1m30s</c>, <c>7d</c>.</summary>
public static partial class DurationText
{
    /// <summary>What is right, for the message about what is not.</summary>
    public const string Hint = "write a number and a unit (ms, s, m, h, d), such as 30s, 1m30s or 7d";

    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("d", TimeSpan.FromDays(1)),
        ("h", TimeSpan.FromHours(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)),
    ];

    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        var match = Pattern().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var ticks = match.Groups["number"].Captures
            .Zip(match.Groups["unit"].Captures, (number, unit) =>
                decimal.Parse(number.Value, CultureInfo.InvariantCulture) * LengthOf(unit.Value).Ticks)
            .Sum();
        if (ticks > Longest.Ticks)
        {
            return false;
        }

        duration = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    /// <summary>The shortest text that reads back as exactly this; nothing is shorter than <c>0s</c>.</summary>
    public static string Of(TimeSpan duration)
    {
        if (duration <= TimeSpan.Zero)
        {
            return "0s";
        }

        var text = new StringBuilder();
        var rest = duration.Ticks;
        foreach (var (unit, length) in Units)
        {
            var count = Math.DivRem(rest, length.Ticks, out rest);
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
            }
        }

        if (rest > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{rest / (decimal)TimeSpan.TicksPerMillisecond}ms");
        }

        return text.ToString();
    }

    private static TimeSpan LengthOf(string unit) => unit == "ms"
        ? TimeSpan.FromMilliseconds(1)
        : Units.Single(known => known.Unit == unit).Length;

    [GeneratedRegex(
        @"^((?<number>\d{1,9}(\.\d{1,9})?)(?<unit>ms|s|m|h|d))+$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
