using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Starter;

/// <summary>A socket that systemd has opened for this process.</summary>
internal sealed record ActivatedSocket(string Address, SafeFileHandle File)
{
    private const int MostSockets = 1024;

    /// <summary>Takes them, so that no worker gets them but by way of the daemon's own list.</summary>
    /// <exception cref="StarterException">One of them is of a kind that workers cannot be told of.</exception>
    public static IReadOnlyList<ActivatedSocket> Take()
    {
        var count = Number("LISTEN_FDS");
        if (Number("LISTEN_PID") != Environment.ProcessId || count is < 1 or > MostSockets)
        {
            return [];
        }

        var sockets = new List<ActivatedSocket>();
        for (var i = 0; i < count; i++)
        {
            var number = LaunchOrder.FirstListenDescriptor + i;
            using var given = new SafeFileHandle(number, ownsHandle: false);
            if (Libc.AddressTextOf(given) is not { } address || ListenAddress.Parse(address) is not { } parsed)
            {
                throw new StarterException($"the socket at descriptor {number} (LISTEN_FDS) is none to listen on");
            }

            Libc.SetInherited(given, inherited: false);
            sockets.Add(new ActivatedSocket(
                parsed.ToString(), new SafeFileHandle(number, ownsHandle: true)));
        }

        return sockets;
    }

    private static int Number(string variable)
    {
        var text = Environment.GetEnvironmentVariable(variable);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
