using System.Globalization;
using System.Net;

namespace Slipway.Agent.Supervisor;

/// <summary>Reads <c>8080</c>, <c>:8080</c>, <c>127.0.0.1:8080</c> and <c>[::1]:8080</c>.</summary>
internal static class ListenAddress
{
    public static IPEndPoint? Parse(string text)
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

    /// <summary>Where to connect to reach a socket that is bound to <paramref name="bound"/>.</summary>
    public static IPEndPoint Reach(IPEndPoint bound) =>
        bound.Address.Equals(IPAddress.Any) ? new IPEndPoint(IPAddress.Loopback, bound.Port)
        : bound.Address.Equals(IPAddress.IPv6Any) ? new IPEndPoint(IPAddress.IPv6Loopback, bound.Port)
        : bound;
}
