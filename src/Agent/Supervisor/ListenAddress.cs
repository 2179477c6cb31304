using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// Reads <c>8080</c>, <c>:8080</c>, <c>127.0.0.1:8080</c> and <c>[::1]:8080</c>; the same after <c>udp:</c>; and
/// <c>unix:/run/web.sock</c> or <c>unix:@name</c>.
/// </summary>
internal sealed record ListenAddress(ListenKind Kind, EndPoint Local)
{
    private const string UdpPrefix = "udp:";
    private const string UnixPrefix = "unix:";

    /// <summary>What the kernel has room for, without the zero at its end.</summary>
    private const int MostPath = 107;

    /// <summary>0: the kernel chooses, or there are no ports.</summary>
    public int Port => Local is IPEndPoint internet ? internet.Port : 0;

    /// <summary>The socket's file; null: it has none.</summary>
    public string? File => Kind == ListenKind.Unix && Local.ToString() is { } path && path[0] != '@' ? path : null;

    public static ListenAddress? Parse(string text)
    {
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            return ParsePath(text[UnixPrefix.Length..]);
        }

        var isUdp = text.StartsWith(UdpPrefix, StringComparison.Ordinal);
        return ParseInternet(isUdp ? text[UdpPrefix.Length..] : text) is { } local
            ? new ListenAddress(isUdp ? ListenKind.Udp : ListenKind.Tcp, local)
            : null;
    }

    /// <summary>The address without the word for its kind, as Server::Starter's readers know it.</summary>
    public static string Bare(string text) =>
        text.StartsWith(UdpPrefix, StringComparison.Ordinal) ? text[UdpPrefix.Length..]
        : text.StartsWith(UnixPrefix, StringComparison.Ordinal) ? text[UnixPrefix.Length..]
        : text;

    /// <summary>Where to connect to reach a socket that is bound to <paramref name="bound"/>.</summary>
    public static IPEndPoint Reach(IPEndPoint bound) =>
        bound.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, bound.Port)
        : bound.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, bound.Port)
        : bound;

    /// <summary>Says the same as what was read, always in the same words.</summary>
    public override string ToString() => Kind switch
    {
        ListenKind.Udp => $"{UdpPrefix}{Local}",
        ListenKind.Unix => $"{UnixPrefix}{Local}",
        _ => $"{Local}",
    };

    private static ListenAddress? ParsePath(string path)
    {
        var isFitting = path.Length > 0 && !path.Contains('\0', StringComparison.Ordinal)
            && path is not "@" && Encoding.UTF8.GetByteCount(path) <= MostPath;
        return isFitting
            ? new ListenAddress(
                ListenKind.Unix, new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path))
            : null;
    }

    private static IPEndPoint? ParseInternet(string text)
    {
        var colon = text.LastIndexOf(':');
        var host = colon > 0 ? text[..colon] : "0.0.0.0";
        if (!ushort.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return null;
        }

        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            return host.Contains(':', StringComparison.Ordinal) && IPAddress.TryParse(host[1..^1], out var ip6)
                ? new IPEndPoint(ip6, port)
                : null;
        }

        var isFourNumbers = host.Count(letter => letter == '.') == 3;
        return isFourNumbers && IPAddress.TryParse(host, out var ip4) ? new IPEndPoint(ip4, port) : null;
    }
}
