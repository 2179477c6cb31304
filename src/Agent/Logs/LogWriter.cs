using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Logs;

/// <summary>
/// Writes the files of one log; its folder never has more than its spec allows. A failure, as on a full disk, loses
/// lines and nothing else.
/// </summary>
internal sealed class LogWriter(string folder, TimeProvider time) : IDisposable
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const byte NewLine = (byte)'\n';

    private LogSegment? _segment;
    private SafeFileHandle? _file;
    private DateTimeOffset _begunAt;
    private LogCursor _next = new(0, 1);
    private long _length;

    public LogSpec Spec { get; set; } = LogSpec.Default;

    /// <summary>Writes whole lines and tells how many of them could not be written.</summary>
    public int Write(ReadOnlySpan<byte> lines)
    {
        while (!lines.IsEmpty)
        {
            try
            {
                Open();
                var written = RoomFor(lines);
                if (written == 0)
                {
                    Begin(_next);
                    continue;
                }

                RandomAccess.Write(_file!, lines[..written], _length);
                Count(lines[..written]);
                lines = lines[written..];
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return MemoryExtensions.Count(lines[KeepWhatIsWhole(lines)..], NewLine);
            }
        }

        return 0;
    }

    /// <summary>Does what age asks for, and says when to do it again; null: it does not ask.</summary>
    public TimeSpan? Tend()
    {
        if (Spec.FileAge is not { } fileAge)
        {
            return null;
        }

        try
        {
            Open();
            if (_length > 0 && Age() >= fileAge)
            {
                Begin(_next);
            }

            Sweep(LogSegment.ListIn(folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Tried again.
        }

        return fileAge;
    }

    public void Dispose() => _file?.Dispose();

    private TimeSpan Age() => time.GetUtcNow() - _begunAt;

    /// <summary>How much of the lines still belongs into this file; at least one line goes into a new one.</summary>
    private int RoomFor(ReadOnlySpan<byte> lines)
    {
        if (_length > 0 && Spec.FileAge <= Age())
        {
            return 0;
        }

        var room = Spec.MaxBytes - _length;
        var fitting = lines.Length <= room ? lines.Length : lines[..(int)Math.Max(0, room)].LastIndexOf(NewLine) + 1;
        return fitting == 0 && _length == 0 ? lines.IndexOf(NewLine) + 1 : fitting;
    }

    private void Count(ReadOnlySpan<byte> written)
    {
        if (_length == 0)
        {
            _begunAt = time.GetUtcNow();
        }

        _length += written.Length;
        _next = _next.Skip(MemoryExtensions.Count(written, NewLine));
    }

    /// <summary>After a write that failed in its midst: whole lines may have been read already, and stay.</summary>
    private int KeepWhatIsWhole(ReadOnlySpan<byte> lines)
    {
        if (_file is not { IsClosed: false } file)
        {
            return 0;
        }

        try
        {
            var written = (int)Math.Clamp(RandomAccess.GetLength(file) - _length, 0, lines.Length);
            var whole = lines[..written].LastIndexOf(NewLine) + 1;
            Count(lines[..whole]);
            RandomAccess.SetLength(file, _length);
            return whole;
        }
        catch (IOException)
        {
            Forget();
            return 0;
        }
    }

    /// <summary>Takes up the newest file, or begins the first one.</summary>
    private void Open()
    {
        if (_segment is { } segment && File.Exists(segment.Path))
        {
            return;
        }

        var wasKnown = _segment is not null;
        Forget();
        Directory.CreateDirectory(folder, Mode | UnixFileMode.UserExecute);
        var segments = LogSegment.ListIn(folder);
        if (segments.Count > 0)
        {
            Resume(segments[^1]);
        }
        else
        {
            Begin(wasKnown ? _next : new((uint)time.GetUtcNow().ToUnixTimeSeconds(), 1));
        }
    }

    /// <summary>Goes on where an earlier supervisor was ended, maybe in the midst of a line.</summary>
    private void Resume(LogSegment segment)
    {
        var file = File.OpenHandle(
            segment.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            var buffer = new byte[64 * 1024];
            var (offset, end, lines) = (0L, 0L, 0L);
            for (int read; (read = RandomAccess.Read(file, buffer, offset)) > 0; offset += read)
            {
                var part = buffer.AsSpan(0, read);
                lines += MemoryExtensions.Count(part, NewLine);
                end = part.LastIndexOf(NewLine) is var last and >= 0 ? offset + last + 1 : end;
            }

            if (end < offset)
            {
                RandomAccess.SetLength(file, end);
            }

            (_segment, _file, _length) = (segment, file, end);
            _next = segment.First.Skip(lines);
            _begunAt = new(File.GetCreationTimeUtc(segment.Path));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Begin(LogCursor first)
    {
        var next = LogSegment.Of(folder, first);
        var segments = LogSegment.ListIn(folder);
        Sweep([.. segments, next]); // First: on a full disk it makes room.
        var file = File.OpenHandle(
            next.Path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        File.SetUnixFileMode(file, Mode);
        _file?.Dispose();
        (_segment, _file, _length, _next, _begunAt) = (next, file, 0, first, time.GetUtcNow());
    }

    /// <summary>Deletes what is too old or too much; never the last one, whose name keeps count.</summary>
    private void Sweep(IReadOnlyList<LogSegment> segments)
    {
        foreach (var (index, segment) in segments.Index().Take(Math.Max(0, segments.Count - 1)))
        {
            var isOld = Spec.MaxAge > TimeSpan.Zero
                && time.GetUtcNow() - new DateTimeOffset(File.GetLastWriteTimeUtc(segment.Path)) > Spec.MaxAge;
            if (isOld || segments.Count - index > Spec.MaxFiles)
            {
                File.Delete(segment.Path);
            }
        }
    }

    private void Forget()
    {
        _file?.Dispose();
        (_segment, _file) = (null, null);
    }
}
