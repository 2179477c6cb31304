using Slipway.Agent.Deployments;

namespace Slipway.Agent.Supervisor;

/// <summary>Looks whether the generations that were ready still serve.</summary>
internal sealed class LivenessWatch(ChildContext context, ChildSet children, ReadinessWatch probes)
{
    private readonly Dictionary<int, IDisposable> _watches = [];

    /// <summary>Begins with those that are ready and have somebody to ask, and ends with all others.</summary>
    public void Follow(SupervisorPlan plan, Func<Generation, LivenessNews> newsOf)
    {
        var watched = plan.Generations.Where(IsWatched).ToDictionary(generation => generation.Number);
        foreach (var number in _watches.Keys.Where(number => !watched.ContainsKey(number)).ToList())
        {
            _watches.Remove(number, out var watch);
            watch!.Dispose();
        }

        foreach (var generation in watched.Values.Where(one => !_watches.ContainsKey(one.Number)))
        {
            if (children.Find(generation.Number) is { } child)
            {
                _watches.Add(generation.Number, Begin(generation, child, newsOf(generation)));
            }
        }
    }

    /// <summary>Takes in what a program said of its watchdog.</summary>
    public void Hear(int number, NotifyMessage message)
    {
        if (_watches.GetValueOrDefault(number) is not WatchdogTimer timer)
        {
            return;
        }

        if (message.Watchdog is { } timeout)
        {
            timer.Change(timeout);
        }

        if (message.IsTrigger)
        {
            timer.Trigger();
        }
        else if (message.IsAlive)
        {
            timer.Feed();
        }
    }

    private static bool IsWatched(Generation generation) =>
        generation is { Pid: > 0, IsStopping: false, Spec.Server.Liveness: not null }
        && generation.Phase is GenerationPhase.Ready or GenerationPhase.Current;

    private IDisposable Begin(Generation generation, ChildProcess child, LivenessNews news)
    {
        var server = generation.Spec.Server;
        var liveness = server.Liveness!;

        // Restarted in its place after it ended, it was never found ready: it has as long as any for its start.
        var wasReady = generation.ReadyAt >= generation.StartedAt;
        var countFrom = wasReady ? generation.ReadyAt!.Value : generation.StartedAt + server.StartTimeout;
        return liveness.Probe.Kind == ReadinessKind.Watchdog
            ? new WatchdogTimer(context.Poller, liveness.Watchdog, countFrom + liveness.InitialDelay, news)
            : new LivenessProbe(
                context.Poller,
                liveness,
                countFrom,
                (good, note) => probes.Ask(generation, child, liveness.Probe, good, note),
                news);
    }
}
