using System.Globalization;

namespace Slipway.Agent.Logs;

/// <summary>One file of a log, named after its first line: names sort as lines do, and none is ever renamed.</summary>
internal sealed record LogSegment(LogCursor First, string Path)
{
    private const string Suffix = ".log";

    public static LogSegment Of(string folder, LogCursor first) => new(first, System.IO.Path.Combine(
        folder, string.Create(CultureInfo.InvariantCulture, $"{first.Log:x8}-{first.Line:D15}{Suffix}")));

    /// <summary>The files of a log, oldest first; none, if it was never begun.</summary>
    public static IReadOnlyList<LogSegment> ListIn(string folder)
    {
        try
        {
            var segments =
                from path in Directory.EnumerateFiles(folder, $"*{Suffix}")
                let first = LogCursor.Parse(System.IO.Path.GetFileNameWithoutExtension(path))
                where first is not null
                orderby first.Log, first.Line
                select new LogSegment(first, path);
            return [.. segments];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
