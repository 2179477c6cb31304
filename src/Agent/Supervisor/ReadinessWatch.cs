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
        var readiness = generation.Spec.Server.Readiness;
        if (readiness.Kind != ReadinessKind.Notify)
        {
            _probes.Add(generation.Number, Ask(generation, child, readiness, ready, (_, detail) => note(detail)));
        }
    }

    /// <summary>Asks until an answer is good.</summary>
    public IDisposable Ask(
        Generation generation, ChildProcess child, ReadinessSpec spec, Action good, Action<ProbeOutcome, string> note)
    {
        switch (spec.Kind)
        {
            case ReadinessKind.Http or ReadinessKind.Tcp:
                var listen = SpecCheck.ListenOf(generation.Spec.Server, spec)!;
                var target = new ProbeTarget(
                    ListenAddress.Reach((IPEndPoint)listeners.AddressOf(listen).Local),
                    spec,
                    () => children.HasRivals,
                    () => child.Family,
                    context.Processes);
                return new ReadinessProbe(context.Poller, target, good, note);
            case ReadinessKind.Exec:
                return new ExecProbe(context, (generation.Spec, child.Cgroup), spec, good, note);
            default:
                return context.Poller.After(spec.AliveFor, good);
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
