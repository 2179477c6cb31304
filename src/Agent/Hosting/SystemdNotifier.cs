using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Agent.Hosting;

/// <summary>Tells systemd how far the agent is, if systemd asked for it by NOTIFY_SOCKET.</summary>
/// <remarks>sd_notify(3); <c>Type=notify-reload</c> wants the monotonic clock with RELOADING.</remarks>
internal sealed class SystemdNotifier(string? socketPath, TimeProvider timeProvider)
{
    private const long MicrosecondsPerSecond = 1_000_000;

    /// <summary>From this process's environment.</summary>
    public static SystemdNotifier FromEnvironment(TimeProvider timeProvider) =>
        new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), timeProvider)
        {
            WatchdogInterval = Watchdog(
                Environment.GetEnvironmentVariable("WATCHDOG_USEC"),
                Environment.GetEnvironmentVariable("WATCHDOG_PID"),
                Environment.ProcessId),
        };

    /// <summary>How long systemd waits for a sign of life before it ends this process; null: for ever.</summary>
    public TimeSpan? WatchdogInterval { get; init; }

    /// <summary>What sd_watchdog_enabled(3) makes of its two variables.</summary>
    public static TimeSpan? Watchdog(string? microseconds, string? watched, int processId) =>
        long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var interval) && interval > 0
        && (watched is null || watched == processId.ToString(CultureInfo.InvariantCulture))
            ? TimeSpan.FromMicroseconds(interval)
            : null;

    /// <summary>
    /// Tells systemd twice an interval that work still gets done, until disposed; null: nobody waits for it.
    /// </summary>
    public ITimer? KeepAlive() => WatchdogInterval is { } interval
        ? timeProvider.CreateTimer(_ => Send("WATCHDOG=1"), state: null, TimeSpan.Zero, interval / 2)
        : null;

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
