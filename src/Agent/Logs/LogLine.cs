using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Slipway.Agent.Logs;

/// <summary>One line of a program's output.</summary>
/// <param name="At">When it was read from the program.</param>
/// <param name="Source">Who said it.</param>
/// <param name="IsPartial">It was too long, and goes on in the source's next line.</param>
/// <param name="Text">What was said; what is no UTF-8 is replaced, control characters are as they came.</param>
internal sealed record LogLine(DateTimeOffset At, LogSource Source, bool IsPartial, string Text)
{
    /// <summary>The most bytes of text in one line.</summary>
    public const int Most = 16 * 1024;

    private const byte Partial = (byte)'P';

    private static readonly (LogStream Stream, byte[] Word)[] Words =
    [
        (LogStream.Output, [.. "out"u8]),
        (LogStream.Error, [.. "err"u8]),
        (LogStream.Log, [.. "log"u8]),
    ];

    /// <summary>The place after this line.</summary>
    public LogCursor? Next { get; init; }

    /// <summary>How a line begins on disk: time, generation, pid, stream; then F or P, and the text.</summary>
    public static byte[] Prefix(DateTimeOffset at, LogSource source)
    {
        var word = Encoding.ASCII.GetString(Words.First(entry => entry.Stream == source.Stream).Word);
        return Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{at.UtcDateTime:O} {source.Generation} {source.Pid} {word} "));
    }

    /// <summary>Reads a line without its end; one that is none of ours is taken as text.</summary>
    public static LogLine Parse(ReadOnlySpan<byte> line)
    {
        if (line.EndsWith("\r"u8))
        {
            line = line[..^1];
        }

        var rest = line;
        if (!Utf8Parser.TryParse(rest, out DateTimeOffset at, out var length, 'O')
            || !Skip(ref rest, length)
            || !Utf8Parser.TryParse(rest, out int generation, out length)
            || !Skip(ref rest, length)
            || !Utf8Parser.TryParse(rest, out int pid, out length)
            || !Skip(ref rest, length)
            || StreamOf(rest) is not (var stream and not LogStream.Unspecified)
            || !Skip(ref rest, 3)
            || rest is not [var mark, (byte)' ', ..])
        {
            return new(DateTimeOffset.UnixEpoch, LogSource.Unknown, IsPartial: false, Encoding.UTF8.GetString(line));
        }

        return new(at, new(generation, pid, stream), mark == Partial, Encoding.UTF8.GetString(rest[2..]));
    }

    private static LogStream StreamOf(ReadOnlySpan<byte> text)
    {
        foreach (var (stream, word) in Words)
        {
            if (text.StartsWith(word))
            {
                return stream;
            }
        }

        return LogStream.Unspecified;
    }

    /// <summary>Over a word and the space after it.</summary>
    private static bool Skip(ref ReadOnlySpan<byte> text, int length)
    {
        if (text.Length <= length || text[length] != ' ')
        {
            return false;
        }

        text = text[(length + 1)..];
        return true;
    }
}
