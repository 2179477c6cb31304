using System.Net;
using Slipway.Agent.Deployments;
using Slipway.Agent.Probes;

namespace Slipway.Agent.Supervisor;

/// <summary>Finds out, in the way its spec says, when a generation is ready.</summary>
internal sealed class ReadinessWatch(ChildContext context, ChildSet children, ListenerSet listeners)
{
    private readonly Dictionary<int, IDisposable> _probes = [];

    /// <summary>Begins to look; a generation that notifies tells by itself.</summary>
    public void Begin(Generation generation, ChildProcess child, Action ready, Action<string> note)
    {
        var server = generation.Spec.Server;
        var target = SpecCheck.ListenOf(server) is { } listen && listeners.AddressOf(listen).Local is IPEndPoint bound
            ? new ProbeTarget(
                ListenAddress.Reach(bound),
                server.Readiness,
                () => children.HasRivals,
                context.Processes,
                child.Pid)
            : null;
        if (server.Readiness.Kind != ReadinessKind.Notify)
        {
            _probes.Add(generation.Number, server.Readiness.Kind is ReadinessKind.Http or ReadinessKind.Tcp
                ? new ReadinessProbe(context.Poller, target!, ready, note)
                : context.Poller.After(server.Readiness.AliveFor, ready));
        }
    }

    /// <summary>Looks no more at others than these generations.</summary>
    public void KeepOnly(Predicate<int> isWanted)
    {
        foreach (var number in _probes.Keys.Where(number => !isWanted(number)).ToList())
        {
            _probes.Remove(number, out var probe);
            probe!.Dispose();
        }
    }
}
