using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Slipway.Hosting.ServerStarter;

/// <summary>Kestrel's sockets, with listeners that give connections time to end by themselves.</summary>
internal sealed class DrainingListenerFactory(
    IOptions<SocketTransportOptions> transport,
    ILoggerFactory loggers,
    ServerStarterOptions options,
    TimeProvider time) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets = new(transport, loggers);

    public bool CanBind(EndPoint endpoint) => _sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(
        EndPoint endpoint,
        CancellationToken cancellationToken = default) =>
        new DrainingListener(await _sockets.BindAsync(endpoint, cancellationToken), options.IdleGrace, time);
}

/// <summary>
/// Stops accepting at once when it is unbound, and then holds Kestrel back, which would close idle connections under
/// their clients' next request, until all connections have ended or the grace is over.
/// </summary>
internal sealed class DrainingListener(IConnectionListener inner, TimeSpan grace, TimeProvider time)
    : IConnectionListener
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _open;
    private bool _hasEnded;

    public EndPoint EndPoint => inner.EndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        var connection = await inner.AcceptAsync(cancellationToken);
        lock (_lock)
        {
            // Null comes once, after the listener was closed: no connection can follow.
            _hasEnded = connection is null;
            _open += connection is null ? 0 : 1;
            CompleteIfDrained();
        }

        connection?.ConnectionClosed.Register(Closed);
        return connection;
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await inner.UnbindAsync(cancellationToken);
        using var deadline = new CancellationTokenSource(grace, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await _drained.Task.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private void Closed()
    {
        lock (_lock)
        {
            _open--;
            CompleteIfDrained();
        }
    }

    private void CompleteIfDrained()
    {
        if (_hasEnded && _open == 0)
        {
            _drained.TrySetResult();
        }
    }
}
