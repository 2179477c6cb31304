using Google.Protobuf.WellKnownTypes;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Applications;

/// <content>Specs to and from the wire, also for the other services: here the defaults are filled in.</content>
internal sealed partial class ApplicationService
{
    private const long LongestTimeSeconds = 1L << 32;
    private const int NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The spec of a socket-owning program, as agents are sent it.</summary>
    internal static V1.ServerSpec ToWire(ServerSpec server) => new()
    {
        Command = { server.Command },
        Listen =
        {
            server.Listen.Select(socket => new V1.Listen
            {
                Name = socket.Name,
                Address = socket.Address,
                Backlog = socket.Backlog,
            }),
        },
        Environment = { server.Environment.ToDictionary() },
        Readiness = ToWire(server.Readiness),
        StartTimeout = server.StartTimeout.ToDuration(),
        StopGrace = server.StopGrace.ToDuration(),
        Bake = server.Bake.ToDuration(),
        StopSignal = server.StopSignal,
        KeepReleases = server.KeepReleases,
    };

    internal static V1.Change ToWire(SpecChange change)
    {
        var wire = new V1.Change { Path = change.Path };
        if (change.Before is not null)
        {
            wire.Before = change.Before;
        }

        if (change.After is not null)
        {
            wire.After = change.After;
        }

        return wire;
    }

    /// <summary>A time from the wire; one that cannot be is given as so short that no rule takes it.</summary>
    internal static TimeSpan TimeOf(Duration? time, TimeSpan unset) => time switch
    {
        null => unset,
        { Seconds: < 0 or > LongestTimeSeconds } or { Nanos: < 0 or >= NanosecondsPerSecond } => TimeSpan.MinValue,
        _ => time.ToTimeSpan(),
    };

    /// <summary>Sorted by name, so that equal maps are written alike.</summary>
    internal static SortedDictionary<string, string> Sorted(IDictionary<string, string> map) =>
        new(map, StringComparer.Ordinal);

    private static ApplicationSpec SpecOf(V1.Application application, FieldViolations violations)
    {
        violations.Check(
            application.Server is not null,
            "server",
            "is missing; say how the application runs, with at least a command");
        return new()
        {
            Name = application.Name,
            Description = application.Description,
            Server = SpecOf(application.Server ?? new() { Command = { "missing" } }),
        };
    }

    private static ServerSpec SpecOf(V1.ServerSpec server)
    {
        var spec = new ServerSpec
        {
            Command = [.. server.Command],
            Listen = [.. server.Listen.Select(socket => new ListenSpec(socket.Name, socket.Address, socket.Backlog))],
            Environment = Sorted(server.Environment),
            Readiness = SpecOf(server.Readiness ?? new(), server.Listen.Count > 0),
        };
        return spec with
        {
            StartTimeout = TimeOf(server.StartTimeout, spec.StartTimeout),
            StopGrace = TimeOf(server.StopGrace, spec.StopGrace),
            Bake = TimeOf(server.Bake, spec.Bake),
            StopSignal = server.StopSignal.Length == 0 ? spec.StopSignal : SignalOf(server.StopSignal),
            KeepReleases = server.KeepReleases == 0 ? spec.KeepReleases : server.KeepReleases,
        };
    }

    private static string SignalOf(string text)
    {
        var name = text.ToUpperInvariant();
        return name.StartsWith("SIG", StringComparison.Ordinal) ? name["SIG".Length..] : name;
    }

    private static ReadinessSpec SpecOf(V1.Readiness readiness, bool hasSockets)
    {
        var spec = readiness.KindCase switch
        {
            V1.Readiness.KindOneofCase.Http => SpecOf(readiness.Http),
            V1.Readiness.KindOneofCase.Tcp => new(ReadinessKind.Tcp) { Listen = readiness.Tcp.Listen },
            V1.Readiness.KindOneofCase.Notify => new(ReadinessKind.Notify),
            V1.Readiness.KindOneofCase.None when hasSockets => new(ReadinessKind.Tcp),
            _ => new(ReadinessKind.Alive),
        };
        return spec with
        {
            AliveFor = TimeOf(readiness.Alive?.Duration, spec.AliveFor),
            Interval = TimeOf(readiness.Interval, spec.Interval),
            Timeout = TimeOf(readiness.Timeout, spec.Timeout),
            Successes = readiness.Successes == 0 ? spec.Successes : readiness.Successes,
        };
    }

    private static ReadinessSpec SpecOf(V1.HttpReadiness http) => new(ReadinessKind.Http)
    {
        Path = http.Path.Length == 0 ? "/" : http.Path,
        Listen = http.Listen,
        Statuses = [.. http.Statuses],
        Host = http.Host,
    };

    private static V1.Readiness ToWire(ReadinessSpec readiness)
    {
        var wire = new V1.Readiness
        {
            Interval = readiness.Interval.ToDuration(),
            Timeout = readiness.Timeout.ToDuration(),
            Successes = readiness.Successes,
        };
        switch (readiness.Kind)
        {
            case ReadinessKind.Http:
                wire.Http = new()
                {
                    Path = readiness.Path,
                    Listen = readiness.Listen,
                    Statuses = { readiness.Statuses },
                    Host = readiness.Host,
                };
                break;
            case ReadinessKind.Tcp:
                wire.Tcp = new() { Listen = readiness.Listen };
                break;
            case ReadinessKind.Notify:
                wire.Notify = new();
                break;
            default:
                wire.Alive = new() { Duration = readiness.AliveFor.ToDuration() };
                break;
        }

        return wire;
    }

    private static V1.Application ToWire(ApplicationSpec spec) => new()
    {
        Name = spec.Name,
        Description = spec.Description,
        Server = ToWire(spec.Server),
    };
}
