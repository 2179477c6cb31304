using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Applications;

/// <summary>What is acceptable of the ways to ask a program how it is.</summary>
internal static class ProbeRules
{
    private const int MaxPathLength = 1024;
    private const int MaxHostLength = 255;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    public static void CheckReadiness(ServerSpec server, FieldViolations violations)
    {
        const string Field = "server.readiness";
        var readiness = server.Readiness;
        SpecRules.CheckTime($"{Field}.interval", readiness.Interval, (Shortest, Minute), violations);
        SpecRules.CheckTime($"{Field}.timeout", readiness.Timeout, (Shortest, 5 * Minute), violations);
        SpecRules.CheckNumber($"{Field}.successes", readiness.Successes, (1, 1000), violations);
        if (readiness.Kind == ReadinessKind.Alive)
        {
            violations.Check(
                readiness.AliveFor >= Shortest && readiness.AliveFor < server.StartTimeout,
                $"{Field}.alive.duration",
                "must be at least 10 ms and shorter than server.start_timeout");
        }

        CheckProbe(Field, readiness, server, violations);
    }

    public static void CheckLiveness(ServerSpec server, FieldViolations violations)
    {
        const string Field = "server.liveness";
        if (server.Liveness is not { } liveness)
        {
            return;
        }

        violations.Check(
            liveness.Probe.Kind != ReadinessKind.Unspecified,
            Field,
            "does not say how to ask; choose one of http, tcp, exec and watchdog");
        SpecRules.CheckTime($"{Field}.interval", liveness.Probe.Interval, (Shortest, Hour), violations);
        SpecRules.CheckTime($"{Field}.timeout", liveness.Probe.Timeout, (Shortest, 5 * Minute), violations);
        SpecRules.CheckTime($"{Field}.initial_delay", liveness.InitialDelay, (TimeSpan.Zero, Hour), violations);
        SpecRules.CheckTime($"{Field}.watchdog.timeout", liveness.Watchdog, (Shortest, Hour), violations);
        SpecRules.CheckNumber($"{Field}.failures", liveness.Failures, (1, 1000), violations);
        CheckProbe(Field, liveness.Probe, server, violations);
    }

    private static void CheckProbe(
        string field, ReadinessSpec probe, ServerSpec server, FieldViolations violations)
    {
        var kind = probe.Kind.ToString().ToLowerInvariant();
        if (probe.Kind is ReadinessKind.Http or ReadinessKind.Tcp)
        {
            violations.Check(
                server.Listen.Any(socket => ListenRules.IsConnectable(socket.Address)),
                $"{field}.{kind}",
                "needs a TCP socket to ask on; add one to server.listen, or choose another kind");
            violations.Check(
                probe.Listen.Length == 0
                    || server.Listen.Any(
                        socket => socket.Name == probe.Listen && ListenRules.IsConnectable(socket.Address)),
                $"{field}.{kind}.listen",
                $"'{probe.Listen}' is not the name of a TCP socket in server.listen; name one of those");
        }

        if (probe.Kind == ReadinessKind.Http)
        {
            CheckHttp($"{field}.http", probe, violations);
        }
        else if (probe.Kind == ReadinessKind.Exec)
        {
            ApplicationRules.CheckCommand($"{field}.exec.command", probe.Command, violations);
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
}
