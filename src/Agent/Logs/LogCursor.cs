using System.Globalization;

namespace Slipway.Agent.Logs;

/// <summary>A place in a log: the number of the next line, whatever files it has gone through.</summary>
/// <param name="Log">Which log: one that was begun anew counts anew.</param>
/// <param name="Line">The line's number; the first is 1.</param>
internal sealed record LogCursor(uint Log, long Line)
{
    private const int LogDigits = 8;

    public static LogCursor? Parse(string text) =>
        text.Length > LogDigits + 1 && text[LogDigits] == '-'
        && uint.TryParse(
            text.AsSpan(0, LogDigits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var log)
        && long.TryParse(
            text.AsSpan(LogDigits + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var line)
            ? new(log, line)
            : null;

    /// <summary>Whether this place comes after the other one.</summary>
    public bool IsAfter(LogCursor other) => (Log, Line).CompareTo((other.Log, other.Line)) > 0;

    public LogCursor Skip(long lines) => this with { Line = Line + lines };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Log:x8}-{Line}");
}
