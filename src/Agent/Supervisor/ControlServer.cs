using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>The supervisor's side of its socket: lines of JSON in, lines of JSON out.</summary>
internal sealed class ControlServer : IDisposable
{
    private readonly Poller _poller;
    private readonly Func<SupervisorRequest, SupervisorReply> _answer;
    private readonly IDisposable _watch;
    private readonly HashSet<ControlConnection> _connections = [];
    private readonly string _path;

    /// <param name="folder">Where the socket is.</param>
    /// <param name="poller">What waits for it.</param>
    /// <param name="answer">Answers a request.</param>
    /// <param name="listener">The socket of an earlier program of this supervisor; null: a new one is made.</param>
    public ControlServer(
        string folder, Poller poller, Func<SupervisorRequest, SupervisorReply> answer, SafeFileHandle? listener = null)
    {
        (_poller, _answer) = (poller, answer);
        _path = Path.Combine(folder, ControlAddress.FileName);
        Listener = listener ?? Listen(folder);
        _watch = poller.On(Listener, Libc.Readable, OnConnection);
    }

    public SafeFileHandle Listener { get; }

    /// <summary>Tells those who watch.</summary>
    public void Publish(SupervisorState state)
    {
        var watchers = _connections.Where(connection => connection.IsWatching).ToList();
        if (watchers.Count > 0)
        {
            var line = Line(new SupervisorReply(state));
            watchers.ForEach(watcher => watcher.Send(line));
        }
    }

    public void Dispose()
    {
        File.Delete(_path);
        _watch.Dispose();
        Listener.Dispose();
        foreach (var connection in _connections.ToList())
        {
            connection.Dispose();
        }
    }

    private SafeFileHandle Listen(string folder)
    {
        File.Delete(_path);
        using var address = new ControlAddress(folder);
        var listener = Libc.ListenUnix(address.Path);
        File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return listener;
    }

    private static byte[] Line(SupervisorReply reply) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(reply, SupervisorJson.Default.SupervisorReply), (byte)'\n'];

    private void OnConnection()
    {
        while (Libc.Accept(Listener) is { } socket)
        {
            var connection = new ControlConnection(_poller, socket, Answer);
            _connections.Add(connection);
            connection.Closed = () => _connections.Remove(connection);
        }
    }

    private void Answer(ControlConnection connection, byte[] line)
    {
        SupervisorReply reply;
        try
        {
            var request = JsonSerializer.Deserialize(line, SupervisorJson.Default.SupervisorRequest)
                ?? throw new JsonException("null is no request.");
            reply = _answer(request);
            connection.IsWatching |= request.Verb == SupervisorVerb.Watch;
        }
        catch (JsonException e)
        {
            reply = new SupervisorReply(Refusal: $"The request cannot be read: {e.Message}");
        }

        connection.Send(Line(reply));
    }

    /// <summary>One client. One that does not read what it asked for is dropped.</summary>
    private sealed class ControlConnection : IDisposable
    {
        private const int Most = 4 * 1024 * 1024;

        private readonly Poller _poller;
        private readonly SafeFileHandle _socket;
        private readonly Action<ControlConnection, byte[]> _onLine;
        private readonly IDisposable _watch;
        private readonly List<byte> _received = [];
        private readonly List<byte> _unsent = [];
        private WriteWatch? _writeWatch;

        public ControlConnection(Poller poller, SafeFileHandle socket, Action<ControlConnection, byte[]> onLine)
        {
            (_poller, _socket, _onLine) = (poller, socket, onLine);
            _watch = poller.On(socket, Libc.Readable, OnReadable);
        }

        public Action? Closed { get; set; }

        public bool IsWatching { get; set; }

        public void Send(byte[] line)
        {
            _unsent.AddRange(line);
            if (_unsent.Count > Most)
            {
                Dispose();
                return;
            }

            Flush();
        }

        public void Dispose()
        {
            _watch.Dispose();
            _writeWatch?.Dispose();
            _socket.Dispose();
            Closed?.Invoke();
        }

        private void OnReadable()
        {
            Span<byte> buffer = stackalloc byte[16 * 1024];
            try
            {
                var length = Libc.Read(_socket, buffer);
                if (length == Libc.WouldBlock)
                {
                    return;
                }

                if (length == 0 || _received.Count > Most)
                {
                    Dispose();
                    return;
                }

                _received.AddRange(buffer[..length]);
            }
            catch (Win32Exception)
            {
                Dispose();
                return;
            }

            while (!_socket.IsClosed && _received.IndexOf((byte)'\n') is var end and >= 0)
            {
                var line = _received.GetRange(0, end).ToArray();
                _received.RemoveRange(0, end + 1);
                _onLine(this, line);
            }
        }

        private void Flush()
        {
            if (_socket.IsClosed)
            {
                return;
            }

            try
            {
                while (_unsent.Count > 0)
                {
                    var sent = Libc.Send(_socket, CollectionsMarshal.AsSpan(_unsent));
                    if (sent == Libc.WouldBlock)
                    {
                        // A second descriptor of the socket: one descriptor can be watched once only.
                        _writeWatch ??= new WriteWatch(_poller, _socket, Flush);
                        return;
                    }

                    _unsent.RemoveRange(0, sent);
                }

                _writeWatch?.Dispose();
                _writeWatch = null;
            }
            catch (Win32Exception)
            {
                Dispose();
            }
        }
    }

    private sealed class WriteWatch : IDisposable
    {
        private readonly SafeFileHandle _copy;
        private readonly IDisposable _watch;

        public WriteWatch(Poller poller, SafeFileHandle socket, Action writable)
        {
            _copy = Libc.Duplicate(socket, 3);
            _watch = poller.On(_copy, Libc.Writable, writable);
        }

        public void Dispose()
        {
            _watch.Dispose();
            _copy.Dispose();
        }
    }
}
