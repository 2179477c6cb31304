using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Tests.Kit.Load;

/// <summary>HTTP/1.1 by hand: an HttpClient would silently send some requests again, and hide a failure.</summary>
public sealed class LoadConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;

    private LoadConnection(Socket socket)
    {
        _socket = socket;
    }

    public static async Task<LoadConnection> OpenAsync(IPEndPoint target, CancellationToken cancellationToken)
    {
        var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(target, cancellationToken);
            return new LoadConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async Task<LoadAnswer> AskAsync(string path, bool keepAlive, CancellationToken cancellationToken)
    {
        var close = keepAlive ? "" : "Connection: close\r\n";
        var request = $"GET {path} HTTP/1.1\r\nHost: {_socket.RemoteEndPoint}\r\n{close}\r\n";
        await _socket.SendAsync(Encoding.ASCII.GetBytes(request), cancellationToken);

        var status = await LineAsync(cancellationToken) ?? throw new IOException("closed without an answer");
        if (status.Split(' ') is not ["HTTP/1.1" or "HTTP/1.0", { Length: 3 } code, ..])
        {
            throw new IOException($"not HTTP: {status}");
        }

        var headers = await HeadersAsync(cancellationToken);
        var hasLength = headers.TryGetValue("content-length", out var length);
        var isChunked = headers.GetValueOrDefault("transfer-encoding") == "chunked";
        var keepsAlive = status.StartsWith("HTTP/1.1", StringComparison.Ordinal)
            && !string.Equals(headers.GetValueOrDefault("connection"), "close", StringComparison.OrdinalIgnoreCase)
            && (hasLength || isChunked);
        var body = isChunked ? await ChunksAsync(cancellationToken)
            : hasLength ? await ExactlyAsync(int.Parse(length!, CultureInfo.InvariantCulture), cancellationToken)
            : await RestAsync(cancellationToken);
        return new LoadAnswer(int.Parse(code, CultureInfo.InvariantCulture), body, keepsAlive);
    }

    public void Dispose() => _socket.Dispose();

    private async Task<Dictionary<string, string>> HeadersAsync(CancellationToken cancellationToken)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(cancellationToken) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..Math.Max(0, colon)]] = line[(colon + 1)..].Trim();
        }

        return headers;
    }

    private async Task<string> ChunksAsync(CancellationToken cancellationToken)
    {
        var body = new StringBuilder();
        while (true)
        {
            var line = await LineAsync(cancellationToken) ?? throw new IOException("answer cut short");
            var size = int.Parse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            body.Append(await ExactlyAsync(size, cancellationToken));
            await LineAsync(cancellationToken);
            if (size == 0)
            {
                return body.ToString();
            }
        }
    }

    private async Task<string> ExactlyAsync(int length, CancellationToken cancellationToken)
    {
        var body = new byte[length];
        for (var read = 0; read < length;)
        {
            if (_start == _end && !await FillAsync(cancellationToken))
            {
                throw new IOException("answer cut short");
            }

            var part = Math.Min(length - read, _end - _start);
            _buffer.AsSpan(_start, part).CopyTo(body.AsSpan(read));
            _start += part;
            read += part;
        }

        return Encoding.UTF8.GetString(body);
    }

    private async Task<string> RestAsync(CancellationToken cancellationToken)
    {
        var body = new List<byte>();
        do
        {
            body.AddRange(_buffer[_start.._end]);
            _start = _end;
        }
        while (await FillAsync(cancellationToken));

        return Encoding.UTF8.GetString([.. body]);
    }

    /// <summary>Null: the connection ended before the line began.</summary>
    private async Task<string?> LineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync(cancellationToken))
            {
                return line.Length == 0 ? null : throw new IOException("answer cut short");
            }

            var character = (char)_buffer[_start++];
            if (character == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(character);
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        _start = 0;
        _end = await _socket.ReceiveAsync(_buffer, cancellationToken);
        return _end > 0;
    }
}
