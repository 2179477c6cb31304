using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Slipway.Hosting.ServerStarter;

/// <summary>Tells the starter that the application serves, and that it stops: READY=1 and STOPPING=1.</summary>
internal sealed partial class ReadinessNotifier(
    string address,
    IHostApplicationLifetime lifetime,
    ILogger<ReadinessNotifier> logger) : IHostedService, IDisposable
{
    private readonly List<CancellationTokenRegistration> _registrations = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _registrations.Add(lifetime.ApplicationStarted.Register(() => Send("READY=1")));
        _registrations.Add(lifetime.ApplicationStopping.Register(() => Send("STOPPING=1")));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private void Send(string message)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // An abstract address is written with '@' and begins with a zero byte.
            var path = address[0] == '@' ? string.Concat("\0", address.AsSpan(1)) : address;
            socket.SendTo(Encoding.ASCII.GetBytes(message), new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException error)
        {
            Log.NotSent(logger, error, message, address);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Could not send {Message} to NOTIFY_SOCKET {Address}")]
        public static partial void NotSent(ILogger logger, Exception exception, string message, string address);
    }
}
