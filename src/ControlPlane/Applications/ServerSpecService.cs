using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Applications;

/// <summary>Specs of programs to and from the wire: here the defaults are filled in.</summary>
internal static class ServerSpecService
{
    private static readonly TimeSpan LivenessInterval = TimeSpan.FromSeconds(10);

    /// <summary>The spec of a socket-owning program, as people and agents are sent it.</summary>
    public static V1.ServerSpec ToWire(ServerSpec server)
    {
        var confinement = server.Confinement;
        var wire = new V1.ServerSpec
        {
            Command = { server.Command },
            Listen =
            {
                server.Listen.Select(socket => new V1.Listen
                {
                    Name = socket.Name,
                    Address = socket.Address,
                    Backlog = socket.Backlog,
                    Mode = socket.Mode,
                    Owner = socket.Owner,
                }),
            },
            Environment = { Sorted(server.Environment) },
            Readiness = ToWire(server.Readiness),
            StartTimeout = server.StartTimeout.ToDuration(),
            StopGrace = server.StopGrace.ToDuration(),
            Bake = server.Bake.ToDuration(),
            StopSignal = server.StopSignal,
            KeepReleases = server.KeepReleases,
            Before = KindSpecService.ToWire(server.Before),
            Liveness = server.Liveness is { } liveness ? ToWire(liveness) : null,
            Restart = new()
            {
                Min = server.Restart.Min.ToDuration(),
                Max = server.Restart.Max.ToDuration(),
                Reset = server.Restart.Reset.ToDuration(),
            },
            Log = new()
            {
                MaxBytes = server.Log.MaxBytes,
                MaxFiles = server.Log.MaxFiles,
                MaxAge = server.Log.MaxAge.ToDuration(),
            },
            User = confinement.User,
            Groups = { confinement.Groups },
            Umask = confinement.Umask,
            WorkingDirectory = confinement.WorkingDirectory,
            Rlimits = { Sorted(confinement.ResourceLimits) },
        };
        if (confinement.NoNewPrivileges is { } isBound)
        {
            wire.NoNewPrivileges = isBound;
        }

        if (confinement is not { MemoryMax: "", Cpu: "", PidsMax: 0 })
        {
            wire.Limits = new()
            {
                MemoryMax = confinement.MemoryMax,
                Cpu = confinement.Cpu,
                PidsMax = confinement.PidsMax,
            };
        }

        return wire;
    }

    public static ServerSpec SpecOf(V1.ServerSpec server)
    {
        var spec = new ServerSpec
        {
            Command = [.. server.Command],
            Listen =
            [
                .. server.Listen.Select(socket => new ListenSpec(socket.Name, socket.Address, socket.Backlog)
                {
                    Mode = socket.Mode,
                    Owner = socket.Owner,
                }),
            ],
            Environment = ApplicationService.Sorted(server.Environment),
            Readiness = SpecOf(
                server.Readiness ?? new(),
                server.Listen.Any(socket => ListenRules.IsConnectable(socket.Address))),
            Liveness = server.Liveness is { } liveness ? SpecOf(liveness) : null,
            Restart = SpecOf(server.Restart ?? new()),
            Log = SpecOf(server.Log ?? new()),
            Confinement = ConfinementOf(server),
            Before = KindSpecService.SpecOf(server.Before),
        };
        return spec with
        {
            StartTimeout = ApplicationService.TimeOf(server.StartTimeout, spec.StartTimeout),
            StopGrace = ApplicationService.TimeOf(server.StopGrace, spec.StopGrace),
            Bake = ApplicationService.TimeOf(server.Bake, spec.Bake),
            StopSignal = server.StopSignal.Length == 0 ? spec.StopSignal : SignalOf(server.StopSignal),
            KeepReleases = server.KeepReleases == 0 ? spec.KeepReleases : server.KeepReleases,
        };
    }

    private static Dictionary<string, string> Sorted(IReadOnlyDictionary<string, string> map) =>
        map.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary();

    private static string SignalOf(string text)
    {
        var name = text.ToUpperInvariant();
        return name.StartsWith("SIG", StringComparison.Ordinal) ? name["SIG".Length..] : name;
    }

    private static ConfinementSpec ConfinementOf(V1.ServerSpec server) => new()
    {
        User = server.User,
        Groups = [.. server.Groups],
        Umask = server.Umask,
        WorkingDirectory = server.WorkingDirectory,
        NoNewPrivileges = server.HasNoNewPrivileges ? server.NoNewPrivileges : null,
        ResourceLimits = ApplicationService.Sorted(server.Rlimits),
        MemoryMax = server.Limits?.MemoryMax ?? "",
        Cpu = server.Limits?.Cpu ?? "",
        PidsMax = server.Limits?.PidsMax ?? 0,
    };

    private static LogSpec SpecOf(V1.LogRetention log)
    {
        var spec = new LogSpec();
        return new()
        {
            MaxBytes = log.MaxBytes.Length == 0 ? spec.MaxBytes : log.MaxBytes,
            MaxFiles = log.MaxFiles == 0 ? spec.MaxFiles : log.MaxFiles,
            MaxAge = ApplicationService.TimeOf(log.MaxAge, spec.MaxAge),
        };
    }

    private static RestartSpec SpecOf(V1.Restart restart)
    {
        var spec = new RestartSpec();
        return new()
        {
            Min = ApplicationService.TimeOf(restart.Min, spec.Min),
            Max = ApplicationService.TimeOf(restart.Max, spec.Max),
            Reset = ApplicationService.TimeOf(restart.Reset, spec.Reset),
        };
    }

    private static ReadinessSpec SpecOf(V1.Readiness readiness, bool hasSockets)
    {
        var spec = readiness.KindCase switch
        {
            V1.Readiness.KindOneofCase.Http => SpecOf(readiness.Http),
            V1.Readiness.KindOneofCase.Tcp => new(ReadinessKind.Tcp) { Listen = readiness.Tcp.Listen },
            V1.Readiness.KindOneofCase.Notify => new(ReadinessKind.Notify),
            V1.Readiness.KindOneofCase.Exec => Exec(readiness.Exec.Command),
            V1.Readiness.KindOneofCase.None when hasSockets => new(ReadinessKind.Tcp),
            _ => new(ReadinessKind.Alive),
        };
        return spec with
        {
            AliveFor = ApplicationService.TimeOf(readiness.Alive?.Duration, spec.AliveFor),
            Interval = ApplicationService.TimeOf(readiness.Interval, spec.Interval),
            Timeout = ApplicationService.TimeOf(readiness.Timeout, spec.Timeout),
            Successes = readiness.Successes == 0 ? spec.Successes : readiness.Successes,
        };
    }

    private static LivenessSpec SpecOf(V1.Liveness liveness)
    {
        var probe = liveness.KindCase switch
        {
            V1.Liveness.KindOneofCase.Http => SpecOf(liveness.Http),
            V1.Liveness.KindOneofCase.Tcp => new(ReadinessKind.Tcp) { Listen = liveness.Tcp.Listen },
            V1.Liveness.KindOneofCase.Exec => Exec(liveness.Exec.Command),
            V1.Liveness.KindOneofCase.Watchdog => new(ReadinessKind.Watchdog),
            _ => new(ReadinessKind.Unspecified),
        };
        var spec = new LivenessSpec(probe with
        {
            Interval = ApplicationService.TimeOf(liveness.Interval, LivenessInterval),
            Timeout = ApplicationService.TimeOf(liveness.Timeout, probe.Timeout),
        });
        return spec with
        {
            Failures = liveness.Failures == 0 ? spec.Failures : liveness.Failures,
            InitialDelay = ApplicationService.TimeOf(liveness.InitialDelay, spec.InitialDelay),
            Watchdog = ApplicationService.TimeOf(liveness.Watchdog?.Timeout, spec.Watchdog),
        };
    }

    private static ReadinessSpec Exec(RepeatedField<string> command) =>
        new(ReadinessKind.Exec) { Command = [.. command] };

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
                wire.Http = Http(readiness);
                break;
            case ReadinessKind.Tcp:
                wire.Tcp = new() { Listen = readiness.Listen };
                break;
            case ReadinessKind.Notify:
                wire.Notify = new();
                break;
            case ReadinessKind.Exec:
                wire.Exec = new() { Command = { readiness.Command } };
                break;
            default:
                wire.Alive = new() { Duration = readiness.AliveFor.ToDuration() };
                break;
        }

        return wire;
    }

    private static V1.Liveness ToWire(LivenessSpec liveness)
    {
        var wire = new V1.Liveness
        {
            Interval = liveness.Probe.Interval.ToDuration(),
            Timeout = liveness.Probe.Timeout.ToDuration(),
            Failures = liveness.Failures,
            InitialDelay = liveness.InitialDelay.ToDuration(),
        };
        switch (liveness.Probe.Kind)
        {
            case ReadinessKind.Http:
                wire.Http = Http(liveness.Probe);
                break;
            case ReadinessKind.Tcp:
                wire.Tcp = new() { Listen = liveness.Probe.Listen };
                break;
            case ReadinessKind.Exec:
                wire.Exec = new() { Command = { liveness.Probe.Command } };
                break;
            case ReadinessKind.Watchdog:
                wire.Watchdog = new() { Timeout = liveness.Watchdog.ToDuration() };
                break;
        }

        return wire;
    }

    private static V1.HttpReadiness Http(ReadinessSpec readiness) => new()
    {
        Path = readiness.Path,
        Listen = readiness.Listen,
        Statuses = { readiness.Statuses },
        Host = readiness.Host,
    };
}
