using Google.Protobuf.WellKnownTypes;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Applications;

/// <content>Specs to and from the wire, also for the other services: here the defaults are filled in.</content>
internal sealed partial class ApplicationService
{
    private const long LongestTimeSeconds = 1L << 32;
    private const int NanosecondsPerSecond = 1_000_000_000;

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
            application.RuntimeCase != V1.Application.RuntimeOneofCase.None,
            "server",
            "is missing; say how the application runs, with at least a command (or 'assets', or 'agent')");
        return new()
        {
            Name = application.Name,
            Description = application.Description,
            Runtime = application.RuntimeCase switch
            {
                V1.Application.RuntimeOneofCase.Assets => KindSpecService.SpecOf(application.Assets),
                V1.Application.RuntimeOneofCase.Agent => KindSpecService.SpecOf(application.Agent),
                _ => ServerSpecService.SpecOf(application.Server ?? new() { Command = { "missing" } }),
            },
        };
    }

    private static V1.Application ToWire(ApplicationSpec spec)
    {
        var application = new V1.Application { Name = spec.Name, Description = spec.Description };
        switch (spec.Runtime)
        {
            case AssetsSpec assets:
                application.Assets = KindSpecService.ToWire(assets);
                break;
            case AgentSpec agent:
                application.Agent = KindSpecService.ToWire(agent);
                break;
            case ServerSpec server:
                application.Server = ServerSpecService.ToWire(server);
                break;
        }

        return application;
    }
}
