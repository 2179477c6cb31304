using Google.Protobuf.WellKnownTypes;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Applications;

/// <summary>The kinds of application beside servers, and hooks, to and from the wire.</summary>
internal static class KindSpecService
{
    /// <summary>The spec of static files, as agents are sent it.</summary>
    public static V1.AssetsSpec ToWire(AssetsSpec assets) => new()
    {
        Link = assets.Link,
        Before = ToWire(assets.Before),
        After = ToWire(assets.After),
        Environment = { assets.Environment.ToDictionary() },
        KeepReleases = assets.KeepReleases,
    };

    /// <summary>The spec of the agent itself, as agents are sent it.</summary>
    public static V1.AgentSpec ToWire(AgentSpec agent) => new()
    {
        StartTimeout = agent.StartTimeout.ToDuration(),
        ConfirmTimeout = agent.ConfirmTimeout.ToDuration(),
    };

    public static V1.Hook? ToWire(HookSpec? hook) => hook is null
        ? null
        : new() { Command = { hook.Command }, Timeout = hook.Timeout.ToDuration() };

    public static AssetsSpec SpecOf(V1.AssetsSpec assets)
    {
        var spec = new AssetsSpec();
        return spec with
        {
            Link = assets.Link,
            Before = SpecOf(assets.Before),
            After = SpecOf(assets.After),
            Environment = ApplicationService.Sorted(assets.Environment),
            KeepReleases = assets.KeepReleases == 0 ? spec.KeepReleases : assets.KeepReleases,
        };
    }

    public static AgentSpec SpecOf(V1.AgentSpec agent)
    {
        var spec = new AgentSpec();
        return spec with
        {
            StartTimeout = ApplicationService.TimeOf(agent.StartTimeout, spec.StartTimeout),
            ConfirmTimeout = ApplicationService.TimeOf(agent.ConfirmTimeout, spec.ConfirmTimeout),
        };
    }

    public static HookSpec? SpecOf(V1.Hook? hook) => hook is null
        ? null
        : new([.. hook.Command], ApplicationService.TimeOf(hook.Timeout, HookSpec.DefaultTimeout));
}
