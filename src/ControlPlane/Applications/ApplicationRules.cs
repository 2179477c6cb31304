using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Applications;

/// <summary>What makes an application acceptable: what an agent would stumble over is refused here.</summary>
internal static class ApplicationRules
{
    private const int MaxArguments = 256;
    private const int MaxArgumentLength = 8 * 1024;
    private const int MaxDescriptionLength = 1024;
    private const int MaxSockets = 32;
    private const int MaxPathLength = 1024;
    private const int MaxHostLength = 255;

    private static readonly string[] StopSignals = ["TERM", "INT", "QUIT", "HUP", "USR1", "USR2", "WINCH", "KILL"];

    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static void Check(ApplicationSpec application, FieldViolations violations)
    {
        SpecRules.CheckName("name", application.Name, violations);
        violations.Check(
            application.Description.Length <= MaxDescriptionLength,
            "description",
            $"must be at most {MaxDescriptionLength} characters long");
        CheckServer(application.Server, violations);
    }

    private static void CheckServer(ServerSpec server, FieldViolations violations)
    {
        CheckCommand(server.Command, violations);
        CheckListen(server.Listen, violations);
        SpecRules.CheckVariables("server.environment", server.Environment, violations);
        CheckReadiness(server, violations);
        SpecRules.CheckTime("server.start_timeout", server.StartTimeout, (100 * Millisecond, Hour), violations);
        SpecRules.CheckTime("server.stop_grace", server.StopGrace, (TimeSpan.Zero, Hour), violations);
        SpecRules.CheckTime("server.bake", server.Bake, (TimeSpan.Zero, 24 * Hour), violations);
        SpecRules.CheckNumber("server.keep_releases", server.KeepReleases, (1, 100), violations);
        violations.Check(
            StopSignals.Contains(server.StopSignal),
            "server.stop_signal",
            $"'{server.StopSignal}' is no signal that stops a program; use one of {string.Join(", ", StopSignals)}");
    }

    private static void CheckCommand(IReadOnlyList<string> command, FieldViolations violations)
    {
        if (!violations.Check(
            command is [{ Length: > 0 }, ..],
            "server.command",
            "is empty; write the program and its arguments, such as [\"./server\", \"--verbose\"]"))
        {
            return;
        }

        violations.Check(
            command.Count <= MaxArguments,
            "server.command",
            $"must have at most {MaxArguments} words");
        foreach (var (at, word) in command.Index())
        {
            violations.Check(
                word.Length <= MaxArgumentLength && !word.Contains('\0', StringComparison.Ordinal),
                $"server.command[{at}]",
                $"is longer than {MaxArgumentLength} characters or has a zero byte; shorten it");
        }

        violations.Check(
            command[0][0] == '/' || !command[0].Split('/').Contains(".."),
            "server.command[0]",
            "leaves the release with '..'; name a file in the release, a program in PATH, or an absolute path");
    }

    private static void CheckListen(IReadOnlyList<ListenSpec> sockets, FieldViolations violations)
    {
        violations.Check(sockets.Count <= MaxSockets, "server.listen", $"must have at most {MaxSockets} sockets");
        var names = new HashSet<string>();
        var addresses = new HashSet<IPEndPoint>();
        foreach (var (at, socket) in sockets.Index())
        {
            var field = $"server.listen[{at}]";
            SpecRules.CheckName($"{field}.name", socket.Name, violations);
            violations.Check(names.Add(socket.Name), $"{field}.name", $"'{socket.Name}' is there twice; rename one");
            SpecRules.CheckNumber($"{field}.backlog", socket.Backlog, (0, 65535), violations);
            if (violations.Check(
                TryParseAddress(socket.Address, out var address),
                $"{field}.address",
                $"'{socket.Address}' is no address; write 8080, 127.0.0.1:8080 or [::1]:8080; ports are 1 to 65535"))
            {
                violations.Check(
                    addresses.Add(address!),
                    $"{field}.address",
                    $"'{socket.Address}' is taken by another socket of the application; change one");
            }
        }
    }

    private static void CheckReadiness(ServerSpec server, FieldViolations violations)
    {
        const string Field = "server.readiness";
        var readiness = server.Readiness;
        var kind = readiness.Kind.ToString().ToLowerInvariant();

        SpecRules.CheckTime($"{Field}.interval", readiness.Interval, (10 * Millisecond, Minute), violations);
        SpecRules.CheckTime($"{Field}.timeout", readiness.Timeout, (10 * Millisecond, 5 * Minute), violations);
        SpecRules.CheckNumber($"{Field}.successes", readiness.Successes, (1, 1000), violations);
        if (readiness.Kind == ReadinessKind.Alive)
        {
            violations.Check(
                readiness.AliveFor >= 10 * Millisecond && readiness.AliveFor < server.StartTimeout,
                $"{Field}.alive.duration",
                "must be at least 10 ms and shorter than server.start_timeout");
        }
        else if (readiness.Kind is ReadinessKind.Http or ReadinessKind.Tcp)
        {
            violations.Check(
                server.Listen.Count > 0,
                $"{Field}.{kind}",
                "needs a socket to ask on; add one to server.listen, or choose notify or alive");
            violations.Check(
                readiness.Listen.Length == 0 || server.Listen.Any(socket => socket.Name == readiness.Listen),
                $"{Field}.{kind}.listen",
                $"'{readiness.Listen}' is not the name of a socket in server.listen; name one of those");
        }

        if (readiness.Kind == ReadinessKind.Http)
        {
            CheckHttp($"{Field}.http", readiness, violations);
        }
    }

    private static void CheckHttp(string field, ReadinessSpec http, FieldViolations violations)
    {
        violations.Check(
            http.Path is ['/', ..] && http.Path.Length <= MaxPathLength && http.Path.All(IsVisibleAscii),
            $"{field}.path",
            $"must begin with a slash and have at most {MaxPathLength} visible ASCII characters");
        violations.Check(
            http.Host.Length <= MaxHostLength && http.Host.All(IsVisibleAscii),
            $"{field}.host",
            $"must have at most {MaxHostLength} visible ASCII characters");
        foreach (var (at, status) in http.Statuses.Index())
        {
            SpecRules.CheckNumber($"{field}.statuses[{at}]", status, (100, 599), violations);
        }
    }

    private static bool IsVisibleAscii(char character) => character is > ' ' and <= '~';

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
}
