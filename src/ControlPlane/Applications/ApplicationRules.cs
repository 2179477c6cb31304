using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Slipway.Shared.Manifests;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Applications;

/// <summary>What makes an application acceptable: what an agent would stumble over is refused here.</summary>
internal static class ApplicationRules
{
    private const int MaxArguments = 256;
    private const long LeastLogBytes = 64 * 1024;
    private const long MostLogBytes = 1024 * 1024 * 1024;
    private const int MaxArgumentLength = 8 * 1024;
    private const int MaxDescriptionLength = 1024;
    private const int MaxSockets = 32;

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
        switch (application.Runtime)
        {
            case ServerSpec server:
                CheckServer(server, violations);
                break;
            case AssetsSpec assets:
                KindRules.CheckAssets(assets, violations);
                break;
        }
    }

    /// <exception cref="ProblemException">INVALID_FIELD: hosts run the application as another kind.</exception>
    public static void DemandKind(ApplicationSpec? stored, ApplicationSpec asked)
    {
        if (stored is not null && stored.Runtime.Kind != asked.Runtime.Kind)
        {
            throw new ProblemException(Problem.InvalidField(
                asked.Runtime.Kind,
                $"'{stored.Name}' runs as '{stored.Runtime.Kind}', which cannot change; make another application."));
        }
    }

    private static void CheckServer(ServerSpec server, FieldViolations violations)
    {
        CheckCommand("server.command", server.Command, violations);
        CheckListen(server.Listen, violations);
        SpecRules.CheckVariables("server.environment", server.Environment, violations);
        ProbeRules.CheckReadiness(server, violations);
        ProbeRules.CheckLiveness(server, violations);
        CheckRestart(server.Restart, violations);
        CheckLog(server.Log, violations);
        ConfinementRules.Check(server.Confinement, violations);
        SpecRules.CheckTime("server.start_timeout", server.StartTimeout, (100 * Millisecond, Hour), violations);
        SpecRules.CheckTime("server.stop_grace", server.StopGrace, (TimeSpan.Zero, Hour), violations);
        SpecRules.CheckTime("server.bake", server.Bake, (TimeSpan.Zero, 24 * Hour), violations);
        SpecRules.CheckNumber("server.keep_releases", server.KeepReleases, (1, 100), violations);
        violations.Check(
            StopSignals.Contains(server.StopSignal),
            "server.stop_signal",
            $"'{server.StopSignal}' is no signal that stops a program; use one of {string.Join(", ", StopSignals)}");
        KindRules.CheckHook("server.before", server.Before, violations);
    }

    /// <summary>Whether a command can be run at all.</summary>
    public static void CheckCommand(string field, IReadOnlyList<string> command, FieldViolations violations)
    {
        if (!violations.Check(
            command is [{ Length: > 0 }, ..],
            field,
            "is empty; write the program and its arguments, such as [\"./server\", \"--verbose\"]"))
        {
            return;
        }

        violations.Check(
            command.Count <= MaxArguments,
            field,
            $"must have at most {MaxArguments} words");
        foreach (var (at, word) in command.Index())
        {
            violations.Check(
                word.Length <= MaxArgumentLength && !word.Contains('\0', StringComparison.Ordinal),
                $"{field}[{at}]",
                $"is longer than {MaxArgumentLength} characters or has a zero byte; shorten it");
        }

        violations.Check(
            command[0][0] == '/' || !command[0].Split('/').Contains(".."),
            $"{field}[0]",
            "leaves the release with '..'; name a file in the release, a program in PATH, or an absolute path");
    }

    private static void CheckLog(LogSpec log, FieldViolations violations)
    {
        violations.Check(
            SizeText.TryParse(log.MaxBytes, out var bytes) && bytes is >= LeastLogBytes and <= MostLogBytes,
            "server.log.max_bytes",
            $"'{log.MaxBytes}' is no size from 64KiB to 1GiB; {SizeText.Hint}");
        SpecRules.CheckNumber("server.log.max_files", log.MaxFiles, (2, 100), violations);
        if (log.MaxAge != TimeSpan.Zero)
        {
            SpecRules.CheckTime("server.log.max_age", log.MaxAge, (Minute, 3650 * 24 * Hour), violations);
        }
    }

    private static void CheckRestart(RestartSpec restart, FieldViolations violations)
    {
        SpecRules.CheckTime("server.restart.min", restart.Min, (10 * Millisecond, Hour), violations);
        SpecRules.CheckTime("server.restart.max", restart.Max, (10 * Millisecond, Hour), violations);
        SpecRules.CheckTime("server.restart.reset", restart.Reset, (10 * Millisecond, 24 * Hour), violations);
        violations.Check(
            restart.Min <= restart.Max, "server.restart.max", "must not be shorter than server.restart.min");
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
