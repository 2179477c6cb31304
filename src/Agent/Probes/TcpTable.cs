using System.Globalization;
using System.Net;
using System.Text;

namespace Slipway.Agent.Probes;

/// <summary>Reads /proc/net/tcp and /proc/net/tcp6.</summary>
internal sealed class TcpTable(string text)
{
    private const string SynReceived = "03";

    /// <summary>The table that lists the connections to <paramref name="server"/>.</summary>
    public static TcpTable Load(IPEndPoint server) => new(File.ReadAllText(
        server.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6
            ? "/proc/self/net/tcp6"
            : "/proc/self/net/tcp"));

    /// <summary>The end that belongs to whoever listens on <paramref name="server"/>; null: there is none.</summary>
    public TcpEntry? Find(IPEndPoint server, IPEndPoint client)
    {
        var addresses = $": {Format(server)} {Format(client)} ";
        var start = text.IndexOf(addresses, StringComparison.Ordinal);
        if (start < 0)
        {
            return null;
        }

        start += addresses.Length;
        var end = text.IndexOf('\n', start);
        var line = end < 0 ? text[start..] : text[start..end];

        // state, queues, timer, retransmissions, user, timeout, inode
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length < 7
            ? null
            : new TcpEntry(fields[0] == SynReceived, long.Parse(fields[6], CultureInfo.InvariantCulture));
    }

    /// <summary>The address as words of 32 bits in the machine's order, then the port, all in hexadecimal.</summary>
    private static string Format(IPEndPoint endPoint)
    {
        var words = new StringBuilder();
        var bytes = endPoint.Address.GetAddressBytes();
        for (var i = 0; i < bytes.Length; i += 4)
        {
            words.Append(CultureInfo.InvariantCulture, $"{BitConverter.ToUInt32(bytes, i):X8}");
        }

        return string.Create(CultureInfo.InvariantCulture, $"{words}:{endPoint.Port:X4}");
    }
}
