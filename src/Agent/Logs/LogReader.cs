using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Logs;

/// <summary>Reads a log from any place on, through its files, while it is written and old files are deleted.</summary>
internal sealed class LogReader(string folder) : IDisposable
{
    private const byte NewLine = (byte)'\n';

    private readonly byte[] _buffer = new byte[64 * 1024];
    private LogSegment? _segment;
    private SafeFileHandle? _file;
    private LogCursor? _next;
    private long _offset;
    private long _lost;

    /// <summary>Goes to a place; without this, reading begins with the oldest line.</summary>
    public void Seek(LogCursor? next)
    {
        Close();
        _next = next;
    }

    /// <summary>The next lines, about 64 KiB of them; none at the end, where more may come.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public LogSlice Read()
    {
        while (true)
        {
            if (_file is null && !Open())
            {
                return Slice([], isAtEnd: true);
            }

            if (Fill() is var whole and > 0)
            {
                return Slice(Take(whole), isAtEnd: false);
            }

            if (Later() is not { } later)
            {
                return Slice([], isAtEnd: true);
            }

            // The later file was begun after this one's last line: so that line can be read by now.
            if (Fill() is var last and > 0)
            {
                return Slice(Take(last), isAtEnd: false);
            }

            Enter(later);
        }
    }

    public void Dispose() => Close();

    private LogSlice Slice(List<LogLine> lines, bool isAtEnd)
    {
        var lost = _lost;
        _lost = 0;
        return new(lines, _next, lost, isAtEnd);
    }

    /// <summary>Reads on and tells how much of the buffer is whole lines.</summary>
    private int Fill()
    {
        var length = RandomAccess.Read(_file!, _buffer, _offset);
        var whole = _buffer.AsSpan(0, length).LastIndexOf(NewLine) + 1;

        // No line of ours is as long as the buffer.
        return whole == 0 && length == _buffer.Length ? length : whole;
    }

    private List<LogLine> Take(int length)
    {
        var lines = new List<LogLine>();
        var rest = _buffer.AsSpan(0, length);
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf(NewLine);
            var line = end < 0 ? rest : rest[..end];
            _next = end < 0 ? _next! : _next!.Skip(1);
            lines.Add(LogLine.Parse(line) with { Next = _next });
            rest = rest[Math.Min(rest.Length, line.Length + 1)..];
        }

        _offset += length;
        return lines;
    }

    private LogSegment? Later() =>
        LogSegment.ListIn(folder).FirstOrDefault(segment => segment.First.IsAfter(_segment!.First));

    /// <summary>Finds the file of the place to read from; false: there is none yet.</summary>
    private bool Open()
    {
        while (LogSegment.ListIn(folder) is { Count: > 0 } segments)
        {
            var segment = segments.LastOrDefault(candidate => _next is null || !candidate.First.IsAfter(_next));
            if (_next is null || segment is null)
            {
                segment = segments[0];
            }
            else if (segment.First.Log != _next.Log)
            {
                segment = segments.FirstOrDefault(candidate => candidate.First.IsAfter(_next)) ?? segment;
            }

            if (Enter(segment))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Opens a file and goes to the line in it; false: it has just been deleted.</summary>
    private bool Enter(LogSegment segment)
    {
        Close();
        try
        {
            _file = File.OpenHandle(
                segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (FileNotFoundException)
        {
            return false;
        }

        (_segment, _offset) = (segment, 0);
        var wanted = _next ?? segment.First;
        _next = segment.First;
        if (wanted.Log != segment.First.Log)
        {
            _lost = LogSlice.UnknownLoss;
        }
        else if (wanted.Line < segment.First.Line)
        {
            _lost += segment.First.Line - wanted.Line;
        }
        else
        {
            GoTo(wanted);
        }

        return true;
    }

    private void GoTo(LogCursor wanted)
    {
        while (_next!.Line < wanted.Line)
        {
            var length = RandomAccess.Read(_file!, _buffer, _offset);
            var rest = _buffer.AsSpan(0, length);
            while (_next.Line < wanted.Line && rest.IndexOf(NewLine) is var end and >= 0)
            {
                rest = rest[(end + 1)..];
                _offset += end + 1;
                _next = _next.Skip(1);
            }

            if (_next.Line < wanted.Line && (length == 0 || rest.Length == length))
            {
                // A crash of the host has taken lines back that were read before.
                _lost = LogSlice.UnknownLoss;
                return;
            }
        }
    }

    private void Close()
    {
        _file?.Dispose();
        (_file, _segment) = (null, null);
    }
}
