using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// The programs' output on disk, line by line: <c>output.log</c> and three older ones of 10 MiB. A thread of its own
/// writes, so that a slow disk costs lines (they are counted) and never holds the supervisor up.
/// </summary>
internal sealed class OutputLog : IDisposable
{
    public const string FileName = "output.log";
    private const int MostPending = 256 * 1024;
    private const int MostLine = 8 * 1024;
    private const long MostFile = 10 * 1024 * 1024;
    private const int KeptFiles = 3;

    private static readonly TimeSpan FlushLimit = TimeSpan.FromSeconds(1);

    private readonly string _path;
    private readonly Thread _writer;
    private readonly Lock _lock = new();
    private readonly AutoResetEvent _filled = new(initialState: false);
    private readonly AutoResetEvent _written = new(initialState: false);
    private List<byte> _pending = [];
    private long _dropped;
    private bool _isWriting;
    private volatile bool _isClosed;

    public OutputLog(string folder)
    {
        _path = Path.Combine(folder, FileName);
        _writer = new Thread(WriteAll, 128 * 1024) { IsBackground = true, Name = "output" };
        _writer.Start();
    }

    /// <summary>Adds the whole lines of <paramref name="partial"/> and leaves the rest there.</summary>
    public void AppendLines(List<byte> partial, int number, DateTimeOffset now)
    {
        var prefix = Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{now:yyyy-MM-ddTHH:mm:ss.fffZ} {number} "));
        lock (_lock)
        {
            var start = 0;
            while (LineEnd(partial, start) is var end and > 0)
            {
                if (_pending.Count > MostPending)
                {
                    _dropped++;
                }
                else
                {
                    _pending.AddRange(prefix);
                    _pending.AddRange(partial.GetRange(start, end - start));
                    if (_pending[^1] != '\n')
                    {
                        _pending.Add((byte)'\n');
                    }
                }

                start = end;
            }

            partial.RemoveRange(0, start);
        }

        _filled.Set();
    }

    /// <summary>Waits until what is pending is written; false: it is not after a second.</summary>
    public bool Flush()
    {
        var begin = TimeProvider.System.GetTimestamp();
        while (!IsIdle())
        {
            var left = FlushLimit - TimeProvider.System.GetElapsedTime(begin);
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

    /// <summary>Where the line that begins at <paramref name="start"/> ends; 0: it has not ended yet.</summary>
    private static int LineEnd(List<byte> bytes, int start)
    {
        var end = bytes.IndexOf((byte)'\n', start) + 1;
        return end > 0 && end - start <= MostLine ? end : bytes.Count - start >= MostLine ? start + MostLine : 0;
    }

    private void WriteAll()
    {
        var spare = new List<byte>();
        bool isLast;
        do
        {
            _filled.WaitOne();
            isLast = _isClosed; // Before the lists change places: what came before the end is among what is written.
            long dropped;
            lock (_lock)
            {
                (_pending, spare) = (spare, _pending);
                (dropped, _dropped) = (_dropped, 0);
                _isWriting = true;
            }

            try
            {
                Write(spare, dropped);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                var ownNote = dropped > 0 ? 1 : 0;
                lock (_lock)
                {
                    _dropped += dropped + spare.Count(letter => letter == '\n') - ownNote;
                }
            }

            spare.Clear();
            lock (_lock)
            {
                _isWriting = false;
            }

            _written.Set();
        }
        while (!isLast);
    }

    private void Write(List<byte> bytes, long dropped)
    {
        if (dropped > 0)
        {
            bytes.AddRange(Encoding.UTF8.GetBytes(
                string.Create(CultureInfo.InvariantCulture, $"... {dropped} lines were dropped\n")));
        }

        if (bytes.Count == 0)
        {
            return;
        }

        using var file = new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        file.Write(CollectionsMarshal.AsSpan(bytes));
        if (file.Length > MostFile)
        {
            Rotate();
        }
    }

    private void Rotate()
    {
        for (var i = KeptFiles; i > 0; i--)
        {
            var from = i == 1 ? _path : $"{_path}.{i - 1}";
            if (File.Exists(from))
            {
                File.Move(from, $"{_path}.{i}", overwrite: true);
            }
        }
    }
}
