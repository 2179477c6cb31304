using System.Net.Sockets;
using System.Text;

namespace Slipway.Agent.Hosting;

/// <summary>Tells systemd how far the agent is, if systemd asked for it by NOTIFY_SOCKET.</summary>
/// <remarks>sd_notify(3); <c>Type=notify-reload</c> wants the monotonic clock with RELOADING.</remarks>
internal sealed class SystemdNotifier(string? socketPath, TimeProvider timeProvider)
{
    private const long MicrosecondsPerSecond = 1_000_000;

    public void Ready(string status) => Send($"READY=1\nSTATUS={status}");

    public void Reloading()
    {
        var clock = (Int128)timeProvider.GetTimestamp() * MicrosecondsPerSecond / timeProvider.TimestampFrequency;
        Send($"RELOADING=1\nMONOTONIC_USEC={clock}");
    }

    public void Stopping() => Send("STOPPING=1");

    private void Send(string message)
    {
        if (string.IsNullOrEmpty(socketPath))
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            var path = socketPath[0] == '@' ? '\0' + socketPath[1..] : socketPath;
            socket.SendTo(Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            // Whoever listened is gone; the agent's work does not depend on it.
        }
    }
}
