using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Slipway.Agent.Logs;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// The programs' output on its way to disk. A thread of its own writes, so that a slow or full disk costs lines (they
/// are counted in the log) and never holds the supervisor up.
/// </summary>
internal sealed class OutputLog : IDisposable
{
    private const int MostPending = 1024 * 1024;
    private const int MostHeld = 64 * 1024;
    private const int MostIdle = 64 * 1024;
    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly LogWriter _log;
    private readonly Thread _writer;
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _filled = new(initialState: false);
    private readonly AutoResetEvent _written = new(initialState: false);
    private volatile LogSpec _spec = LogSpec.Default;
    private List<byte> _pending = [];
    private long _dropped;
    private bool _isWriting;
    private volatile bool _isClosed;

    public OutputLog(string folder, TimeProvider time)
    {
        _time = time;
        _log = new LogWriter(Path.Combine(folder, LogSpec.FolderName), time);
        _writer = new Thread(WriteAll, 256 * 1024) { IsBackground = true, Name = "output" };
        _writer.Start();
    }

    /// <summary>How much is kept from now on; null: as much as by default.</summary>
    public void Keep(LogSpec? spec)
    {
        if (_spec != (spec ?? LogSpec.Default))
        {
            _spec = spec ?? LogSpec.Default;
            _filled.Set();
        }
    }

    /// <summary>
    /// Takes the whole lines of <paramref name="said"/>, and at the source's end all of it. False: it has no room now;
    /// then it took what is too much to be held back, and will tell that it was lost.
    /// </summary>
    public bool Append(LogSource source, List<byte> said, DateTimeOffset now, bool isEnd)
    {
        var prefix = LogLine.Prefix(now, source);
        lock (_lock)
        {
            // The last words of a program are kept whatever it said before: they say why it ended.
            if (!isEnd && _pending.Count > MostPending)
            {
                _dropped += LineCutter.Cut(said, prefix, isEnd: false, lines: null, said.Count - MostHeld);
                return false;
            }

            LineCutter.Cut(said, prefix, isEnd, _pending);
        }

        _filled.Set();
        return true;
    }

    /// <summary>Waits until what is pending is on disk; false: it is not after a second.</summary>
    public bool Flush()
    {
        var begin = _time.GetTimestamp();
        while (!IsIdle())
        {
            var left = FlushLimit - _time.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            _written.WaitOne(left);
        }

        return true;
    }

    /// <summary>Writes what is pending, for a second at most.</summary>
    public void Dispose()
    {
        _isClosed = true;
        _filled.Set();
        if (_writer.Join(FlushLimit))
        {
            _log.Dispose();
            _filled.Dispose();
            _written.Dispose();
        }
    }

    private bool IsIdle()
    {
        lock (_lock)
        {
            return _pending.Count == 0 && !_isWriting;
        }
    }

    private void WriteAll()
    {
        var spare = new List<byte>();
        var pause = Timeout.InfiniteTimeSpan;
        bool isLast;
        do
        {
            _filled.WaitOne(pause);
            isLast = _isClosed; // Before the lists change places: what came before the end is among what is written.
            long dropped;
            lock (_lock)
            {
                (_pending, spare) = (spare, _pending);
                (dropped, _dropped) = (_dropped, 0);
                _isWriting = true;
            }

            _log.Spec = _spec;
            var lost = Write(spare, dropped);
            spare = Cleared(spare);
            pause = _log.Tend() ?? Timeout.InfiniteTimeSpan;
            lock (_lock)
            {
                _dropped += lost;
                _isWriting = false;
            }

            _written.Set();
        }
        while (!isLast);
    }

    /// <summary>A flood's memory is given back once it is over.</summary>
    private static List<byte> Cleared(List<byte> lines)
    {
        if (lines.Count < MostIdle && lines.Capacity > 4 * MostIdle)
        {
            return [];
        }

        lines.Clear();
        return lines;
    }

    /// <summary>How many lines are still to be told as lost.</summary>
    private long Write(List<byte> lines, long dropped)
    {
        long lost = _log.Write(CollectionsMarshal.AsSpan(lines));
        if (lost + dropped == 0)
        {
            return 0;
        }

        var remark = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"F {lost + dropped} lines were lost here: they came faster than the disk took them\n"));
        var prefix = LogLine.Prefix(_time.GetUtcNow(), new LogSource(0, 0, LogStream.Log));
        return _log.Write([.. prefix, .. remark]) == 0 ? 0 : lost + dropped;
    }
}
