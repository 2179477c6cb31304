using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using Slipway.Agent.Deployments;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>Reads how a program is asked whether it serves.</summary>
internal static class ProbeSpecClient
{
    private const int DefaultFailures = 3;
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LivenessInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan DefaultWatchdog = TimeSpan.FromSeconds(30);

    /// <exception cref="FormatException">It cannot be done here: field, colon, why.</exception>
    public static ReadinessSpec Read(V1.Readiness readiness, ListenSpec[] listen)
    {
        const string Field = "server.readiness";
        var spec = readiness.KindCase switch
        {
            V1.Readiness.KindOneofCase.Http => Http(Field, readiness.Http),
            V1.Readiness.KindOneofCase.Tcp => new(ReadinessKind.Tcp) { Listen = Some(readiness.Tcp.Listen) },
            V1.Readiness.KindOneofCase.Notify => new(ReadinessKind.Notify),
            V1.Readiness.KindOneofCase.Exec => Exec(Field, readiness.Exec.Command),
            V1.Readiness.KindOneofCase.Alive => Alive(readiness.Alive.Duration),
            _ => listen.Any(socket => socket.IsTcp) ? new(ReadinessKind.Tcp) : Alive(duration: null),
        };
        return WithTimes(Field, Checked(Field, spec, listen), readiness.Interval, readiness.Timeout) with
        {
            Successes = Math.Max(1, readiness.Successes),
        };
    }

    /// <exception cref="FormatException">It cannot be done here: field, colon, why.</exception>
    public static LivenessSpec Read(V1.Liveness liveness, ListenSpec[] listen)
    {
        const string Field = "server.liveness";
        var spec = liveness.KindCase switch
        {
            V1.Liveness.KindOneofCase.Http => Http(Field, liveness.Http),
            V1.Liveness.KindOneofCase.Tcp => new(ReadinessKind.Tcp) { Listen = Some(liveness.Tcp.Listen) },
            V1.Liveness.KindOneofCase.Exec => Exec(Field, liveness.Exec.Command),
            V1.Liveness.KindOneofCase.Watchdog => new(ReadinessKind.Watchdog),
            _ => throw new FormatException($"{Field}: this agent does not know this kind; bring the agent up to date"),
        };
        var probe = Checked(Field, spec with { Interval = LivenessInterval }, listen);
        return new(
            WithTimes(Field, probe, liveness.Interval, liveness.Timeout),
            liveness.Failures <= 0 ? DefaultFailures : liveness.Failures,
            ServerSpecClient.Time($"{Field}.initial_delay", liveness.InitialDelay, TimeSpan.Zero),
            ServerSpecClient.Time($"{Field}.watchdog.timeout", liveness.Watchdog?.Timeout, DefaultWatchdog));
    }

    private static ReadinessSpec WithTimes(
        string field, ReadinessSpec spec, Duration? intervalText, Duration? timeout)
    {
        var interval = ServerSpecClient.Time($"{field}.interval", intervalText, spec.Interval);
        return spec with
        {
            Interval = interval < ShortestInterval ? ShortestInterval : interval,
            Timeout = ServerSpecClient.Time($"{field}.timeout", timeout, spec.Timeout),
        };
    }

    private static ReadinessSpec Checked(string field, ReadinessSpec spec, ListenSpec[] listen) =>
        spec.Kind is ReadinessKind.Http or ReadinessKind.Tcp
            && !listen.Any(socket => socket.IsTcp && (spec.Listen is not { } name || socket.Name == name))
            ? throw new FormatException($"{field}: there is no TCP socket '{spec.Listen}' to ask on")
            : spec;

    private static ReadinessSpec Exec(string field, RepeatedField<string> command) =>
        command.Count > 0 && command[0].Length > 0
            ? new(ReadinessKind.Exec) { Command = [.. command] }
            : throw new FormatException($"{field}.exec.command: names no program");

    private static ReadinessSpec Http(string field, V1.HttpReadiness http)
    {
        var path = Some(http.Path) ?? "/";
        return path[0] == '/' && path.All(c => c is > ' ' and < '\x7f')
            ? new(ReadinessKind.Http)
            {
                Path = path,
                Listen = Some(http.Listen),
                Host = Some(http.Host),
                Statuses = [.. http.Statuses],
            }
            : throw new FormatException($"{field}.http.path: '{path}' is no path; it starts with a slash");
    }

    private static ReadinessSpec Alive(Duration? duration)
    {
        var spec = new ReadinessSpec(ReadinessKind.Alive);
        return spec with
        {
            AliveFor = ServerSpecClient.Time("server.readiness.alive.duration", duration, spec.AliveFor),
        };
    }

    private static string? Some(string text) => text.Length == 0 ? null : text;
}
