using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Slipway.Deployctl;

/// <summary>Durations as people write them: <c>250ms</c>, <c>30s</c>, <c>1m30s</c>, <c>7d</c>.</summary>
internal static partial class DurationText
{
    public const string Hint = "write a number and a unit (ms, s, m, h, d), such as 30s, 1m30s or 7d";

    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("d", TimeSpan.FromDays(1)),
        ("h", TimeSpan.FromHours(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("ms", TimeSpan.FromMilliseconds(1)),
    ];

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

        foreach (var (number, unit) in match.Groups["number"].Captures.Zip(match.Groups["unit"].Captures))
        {
            var length = Units.Single(known => known.Unit == unit.Value).Length;
            var seconds = double.Parse(number.Value, CultureInfo.InvariantCulture) * length.TotalSeconds;
            if (duration.TotalSeconds + seconds > TimeSpan.FromDays(36_500).TotalSeconds)
            {
                return false;
            }

            duration += TimeSpan.FromSeconds(seconds);
        }

        return true;
    }

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

        return text.Length == 0 ? "0s" : text.ToString();
    }

    [GeneratedRegex(
        @"^((?<number>\d{1,9}(\.\d{1,9})?)(?<unit>ms|s|m|h|d))+$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pattern();
}
