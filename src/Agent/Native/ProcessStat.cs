using System.Buffers.Text;

namespace Slipway.Agent.Native;

/// <summary>One line of /proc/PID/stat.</summary>
internal readonly record struct ProcessStat(int Pid, char State, int Parent, int Session, ulong StartTicks)
{
    private const int LastField = 19; // Counted from the state on, which is 0.

    public bool IsZombie => State is 'Z' or 'X';

    /// <summary>The name stands in parentheses and may contain anything, parentheses too.</summary>
    public static ProcessStat? Parse(ReadOnlySpan<byte> line)
    {
        var open = line.IndexOf((byte)'(');
        var close = line.LastIndexOf((byte)')');
        if (open < 1 || close < open || !Utf8Parser.TryParse(line, out int pid, out _))
        {
            return null;
        }

        var (state, parent, session) = ('?', 0, 0);
        var rest = line[(close + 1)..];
        for (var field = 0; field <= LastField; field++)
        {
            rest = rest.TrimStart((byte)' ');
            var end = rest.IndexOf((byte)' ');
            var text = end < 0 ? rest : rest[..end];
            ulong start = 0;
            var isRead = field switch
            {
                0 => (state = text.IsEmpty ? '?' : (char)text[0]) != '?',
                1 => Utf8Parser.TryParse(text, out parent, out _),
                3 => Utf8Parser.TryParse(text, out session, out _),
                LastField => Utf8Parser.TryParse(text, out start, out _),
                _ => !text.IsEmpty,
            };
            if (!isRead)
            {
                return null;
            }

            if (field == LastField)
            {
                return new ProcessStat(pid, state, parent, session, start);
            }

            rest = rest[text.Length..];
        }

        return null;
    }
}
