using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Slipway.Shared.Listening;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Applications;

/// <summary>What is acceptable of the sockets that a program listens on.</summary>
internal static partial class ListenRules
{
    private const string UdpPrefix = "udp:";
    private const string UnixPrefix = "unix:";
    private const int MaxSockets = 128;

    /// <summary>What the kernel has room for, without the zero at its end.</summary>
    private const int MaxPath = 107;

    /// <summary>Whether it is of TCP, so that a probe can connect to it.</summary>
    public static bool IsConnectable(string address) =>
        !address.StartsWith(UdpPrefix, StringComparison.Ordinal) && !IsUnix(address);

    public static void Check(IReadOnlyList<ListenSpec> sockets, FieldViolations violations)
    {
        violations.Check(
            sockets.Sum(socket => Math.Max(1, ListenRange.Expand(socket.Address).Count)) <= MaxSockets,
            "server.listen",
            $"must have at most {MaxSockets} sockets");
        var names = new HashSet<string>();
        var taken = new HashSet<string>();
        foreach (var (at, socket) in sockets.Index())
        {
            var field = $"server.listen[{at}]";
            SpecRules.CheckName($"{field}.name", socket.Name, violations);
            violations.Check(names.Add(socket.Name), $"{field}.name", $"'{socket.Name}' is there twice; rename one");
            SpecRules.CheckNumber($"{field}.backlog", socket.Backlog, (0, 65535), violations);
            CheckFile(field, socket, violations);
            string?[] addresses = [.. ListenRange.Expand(socket.Address).Select(Canonical)];
            if (violations.Check(
                addresses.Length > 0 && !addresses.Contains(null),
                $"{field}.address",
                $"'{socket.Address}' is no address; write 8080, 127.0.0.1:8080 or [::1]:8080, several ports as "
                    + "8080-8083 or 8080,8090, udp:5353, or unix:/run/web.sock; ports are 1 to 65535"))
            {
                violations.Check(
                    addresses.Count(address => taken.Add(address!)) == addresses.Length,
                    $"{field}.address",
                    $"'{socket.Address}' is taken by another socket of the application; change one");
            }
        }
    }

    private static void CheckFile(string field, ListenSpec socket, FieldViolations violations)
    {
        var isFile = IsUnix(socket.Address) && !socket.Address.StartsWith(UnixPrefix + "@", StringComparison.Ordinal);
        violations.Check(
            socket.Mode.Length == 0 || (isFile && ModePattern.IsMatch(socket.Mode)),
            $"{field}.mode",
            isFile
                ? $"'{socket.Mode}' is no mode; write three octal digits, such as \"660\""
                : "is for unix:/path only; leave it out");
        violations.Check(
            socket.Owner.Length == 0 || (isFile && OwnerPattern.IsMatch(socket.Owner)),
            $"{field}.owner",
            isFile
                ? $"'{socket.Owner}' is no owner; write USER or USER:GROUP, such as \"www-data:www-data\""
                : "is for unix:/path only; leave it out");
    }

    private static bool IsUnix(string address) => address.StartsWith(UnixPrefix, StringComparison.Ordinal);

    /// <summary>The same for all texts that mean the same socket; null: it means none.</summary>
    private static string? Canonical(string text)
    {
        if (text.StartsWith(UnixPrefix, StringComparison.Ordinal))
        {
            var path = text[UnixPrefix.Length..];
            var isFitting = path is ['/' or '@', _, ..] && path[^1] != '/' && !path.Any(char.IsControl)
                && !path.Split('/').Contains("..") && Encoding.UTF8.GetByteCount(path) <= MaxPath;
            return isFitting ? text : null;
        }

        var isUdp = text.StartsWith(UdpPrefix, StringComparison.Ordinal);
        return TryParseAddress(isUdp ? text[UdpPrefix.Length..] : text, out var address)
            ? $"{(isUdp ? UdpPrefix : "")}{address}"
            : null;
    }

    // A bare port listens on all IPv4 addresses, as Server::Starter does it.
    private static bool TryParseAddress(string text, out IPEndPoint? address)
    {
        var isPort = text.All(char.IsAsciiDigit);
        return IPEndPoint.TryParse(isPort ? $"0.0.0.0:{text}" : text, out address)
            && address.Port > 0
            && (address.AddressFamily == AddressFamily.InterNetworkV6
                ? text is ['[', ..]
                : isPort ? text == address.Port.ToString(CultureInfo.InvariantCulture) : text == address.ToString());
    }

    [GeneratedRegex(@"^0?[0-7]{3}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ModePattern { get; }

    [GeneratedRegex(@"^\w[\w.-]{0,31}(?::\w[\w.-]{0,31})?\z", RegexOptions.ECMAScript, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OwnerPattern { get; }
}
