using System.Net;
using System.Net.Sockets;

namespace Tests.Integration.Deployctl;

/// <summary>Passes connections on from a loopback address that is not in the certificate.</summary>
internal sealed class PortForwarder : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _loop;

    private PortForwarder(TcpListener listener, int target)
    {
        _listener = listener;
        _loop = AcceptAsync(target);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public static PortForwarder Start(string address, int target)
    {
        var listener = new TcpListener(IPAddress.Parse(address), 0);
        listener.Start();
        return new(listener, target);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        _listener.Dispose();
        await _loop;
        _ended.Dispose();
    }

    private async Task AcceptAsync(int target)
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(PassAsync(await _listener.AcceptTcpClientAsync(_ended.Token), target));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task PassAsync(TcpClient incoming, int target)
    {
        using var outgoing = new TcpClient();
        using (incoming)
        {
            await outgoing.ConnectAsync(IPAddress.Loopback, target, _ended.Token);
            var both = new[]
            {
                incoming.GetStream().CopyToAsync(outgoing.GetStream(), _ended.Token),
                outgoing.GetStream().CopyToAsync(incoming.GetStream(), _ended.Token),
            };
            // Either side may break its connection off: that is what the test is about.
            await Task.WhenAny(both);
        }
    }
}
