using System.Globalization;

namespace Slipway.Shared.Listening;

/// <summary>Several ports in one address: <c>8080-8083</c>, <c>127.0.0.1:8080,8090-8092</c>.</summary>
public static class ListenRange
{
    private const string UnixPrefix = "unix:";
    private const int Most = 1024;

    /// <summary>
    /// The addresses with one port each that the text stands for, in its order; only the text itself when it names one
    /// or none. Empty: the ports make no sense.
    /// </summary>
    public static IReadOnlyList<string> Expand(string text)
    {
        var start = text.LastIndexOf(':') + 1;
        var ports = text[start..];
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal) || ports.AsSpan().IndexOfAny('-', ',') < 0)
        {
            return [text];
        }

        var found = new List<int>();
        foreach (var part in ports.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !TryPort(ends[0], out var first) || !TryPort(ends[^1], out var last)
                || last < first || found.Count + last - first >= Most)
            {
                return [];
            }

            found.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return [.. found.Select(port => string.Create(CultureInfo.InvariantCulture, $"{text[..start]}{port}"))];
    }

    private static bool TryPort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port)
        && port is > 0 and <= ushort.MaxValue && text[0] != '0';
}
