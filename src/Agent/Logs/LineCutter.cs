namespace Slipway.Agent.Logs;

/// <summary>Cuts what a program says into lines.</summary>
internal static class LineCutter
{
    /// <summary>Adds the lines that are whole, or too long to wait for, and leaves the rest.</summary>
    /// <param name="said">What was said; what was taken goes from its beginning.</param>
    /// <param name="prefix">What each line begins with.</param>
    /// <param name="isEnd">Nothing follows: the rest is a line too.</param>
    /// <param name="lines">Where the lines go; null: they are only counted.</param>
    /// <param name="most">No line that begins after so many bytes is taken.</param>
    /// <returns>How many lines there were.</returns>
    public static int Cut(
        List<byte> said, ReadOnlySpan<byte> prefix, bool isEnd, List<byte>? lines, int most = int.MaxValue)
    {
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(said);
        var (start, count) = (0, 0);
        while (start < Math.Min(bytes.Length, most))
        {
            var rest = bytes[start..];
            var end = rest[..Math.Min(rest.Length, LogLine.Most + 1)].IndexOf((byte)'\n');
            var isPartial = end < 0 && rest.Length > LogLine.Most;
            if (end < 0 && !isPartial && !isEnd)
            {
                break;
            }

            var length = end >= 0 ? end : isPartial ? WholeCharacters(rest) : rest.Length;
            if (lines is not null)
            {
                lines.AddRange(prefix);
                lines.AddRange(isPartial ? "P "u8 : "F "u8);
                lines.AddRange(rest[..length]);
                lines.Add((byte)'\n');
            }

            start += end >= 0 ? end + 1 : length;
            count++;
        }

        said.RemoveRange(0, start);
        return count;
    }

    /// <summary>A part that does not end within a character of several bytes.</summary>
    private static int WholeCharacters(ReadOnlySpan<byte> text)
    {
        var length = LogLine.Most;
        for (var back = 0; back < 3 && (text[length] & 0xC0) == 0x80; back++)
        {
            length--;
        }

        return (text[length] & 0xC0) == 0x80 ? LogLine.Most : length;
    }
}
