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
            case AgentSpec agent:
                KindRules.CheckAgent(agent, violations);
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
        ListenRules.Check(server.Listen, violations);
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
}
