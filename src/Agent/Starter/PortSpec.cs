using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Slipway.Agent.Starter;

/// <summary>One --port: the name that workers know it by, and the address that it is bound to.</summary>
/// <param name="Name">As given, but without u, descriptor and spaces.</param>
/// <param name="Address">As a supervisor reads it.</param>
/// <param name="Descriptor">Where workers are to find it; null: anywhere.</param>
internal sealed partial record PortSpec(string Name, string Address, int? Descriptor)
{
    private const int MostDescriptor = 65_535;

    /// <exception cref="StarterException">It is none, or its host is unknown.</exception>
    public static PortSpec Parse(string text)
    {
        var bare = Bare().Match(text);
        var match = bare.Success ? bare : WithHost().Match(text);
        var digits = match.Groups["port"].Value;
        if (!ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw new StarterException(
                $"invalid ``port'' value:{text}; give 8080, 127.0.0.1:8080, [::1]:8080, u443 or one of them and =FD");
        }

        var host = match.Groups["host"].Value.Trim();
        var address = host.Length == 0 ? IPAddress.Any : AddressOf(host);
        var name = host.Length == 0 ? digits
            : host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{digits}"
            : $"{host}:{digits}";
        var kind = match.Groups["udp"].Length > 0 ? "udp:" : "";
        return new PortSpec(name, $"{kind}{new IPEndPoint(address, port)}", DescriptorOf(match, text));
    }

    private static int? DescriptorOf(Match match, string text)
    {
        var digits = match.Groups["fd"].Value;
        if (digits.Length == 0)
        {
            return null;
        }

        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= MostDescriptor
                ? number
                : throw new StarterException($"invalid ``port'' value:{text}; the descriptor is too large");
    }

    private static IPAddress AddressOf(string host)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return address;
        }

        if (host.Contains(':', StringComparison.Ordinal))
        {
            throw new StarterException($"failed to resolve host:{host}: not an IPv6 address");
        }

        try
        {
            return Dns.GetHostAddresses(host, AddressFamily.InterNetwork) is [var first, ..]
                ? first
                : throw new StarterException($"failed to resolve host:{host}: it has no IPv4 address");
        }
        catch (SocketException e)
        {
            throw new StarterException($"failed to resolve host:{host}: {e.Message}");
        }
    }

    [GeneratedRegex(@"^\s*(?<udp>u?)(?<port>[0-9]+)(?:\s*=(?<fd>[0-9]+))?\s*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Bare();

    [GeneratedRegex(
        @"^\s*(\[\s*)?(?<host>[^\]=;]*)\s*(\]\s*)?:\s*(?<udp>u?)(?<port>[0-9]+)(\s*=(?<fd>[0-9]+))?\s*$",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex WithHost();
}
