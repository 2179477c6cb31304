using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Probes;

namespace Slipway.Agent.Supervisor;

/// <summary>Finds out, in the way its spec says, when a generation is ready.</summary>
internal static class ReadinessWatch
{
    /// <summary>Begins to look; null: the generation itself will tell.</summary>
    public static IDisposable? Begin(
        Poller poller, Generation generation, ProbeTarget? target, Action ready, Action<string> note)
    {
        var readiness = generation.Spec.Server.Readiness;
        return readiness.Kind switch
        {
            ReadinessKind.Notify => null,
            ReadinessKind.Http or ReadinessKind.Tcp => new ReadinessProbe(poller, target!, ready, note),
            _ => poller.After(readiness.AliveFor, ready),
        };
    }
}
