using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Logs;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>One of the two pipes that a program says its output to.</summary>
internal sealed class OutputPipe : IDisposable
{
    private const int MostAtOnce = 64 * 1024;

    /// <summary>As large as a pipe can be made, and what was read of it before.</summary>
    private const int MostAtEnd = (1024 * 1024) + MostAtOnce;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly ChildContext _context;
    private readonly SafeFileHandle _pipe;
    private readonly LogSource _source;
    private readonly OutputTail _tail;
    private readonly List<byte> _said = [];
    private readonly IDisposable _watch;
    private IDisposable? _again;

    public OutputPipe(ChildContext context, SafeFileHandle pipe, LogSource source, OutputTail tail, byte[] said)
    {
        (_context, _pipe, _source, _tail) = (context, pipe, source, tail);
        _said.AddRange(said);
        _watch = context.Poller.On(pipe, Libc.Readable, OnReadable);
        Append(isEnd: false);
    }

    /// <summary>What is not in the log yet: most often the beginning of a line.</summary>
    public byte[] Said => [.. _said];

    /// <summary>Takes what was said until now; the process is at its end.</summary>
    public void Drain()
    {
        Span<byte> buffer = stackalloc byte[MostAtOnce];
        for (var left = MostAtEnd; left > 0 && Read(buffer) is var length and > 0;)
        {
            left -= length;
        }

        Append(isEnd: true);
    }

    public void Dispose()
    {
        _again?.Dispose();
        _watch.Dispose();
    }

    private void OnReadable()
    {
        Span<byte> buffer = stackalloc byte[MostAtOnce];
        switch (Read(buffer))
        {
            case > 0:
                Append(isEnd: false);
                break;
            case 0:
                _watch.Dispose();
                break;
        }
    }

    private int Read(Span<byte> buffer)
    {
        var length = Libc.Read(_pipe, buffer);
        if (length > 0)
        {
            _tail.Append(buffer[..length]);
            _said.AddRange(buffer[..length]);
        }

        return length;
    }

    private void Append(bool isEnd)
    {
        _again?.Dispose();
        if (_context.Log?.Append(_source, _said, _context.Poller.Now, isEnd) == false)
        {
            _again = _context.Poller.After(Pause, () => Append(isEnd: false));
        }
    }
}
