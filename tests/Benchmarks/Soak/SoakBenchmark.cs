using Tests.Kit.Restarts;

namespace Tests.Benchmarks.Soak;

/// <summary>A host whose parts are restarted again and again under load: what fails, and what grows.</summary>
internal sealed class SoakBenchmark(SoakOptions options)
{
    private const int PerRound = 3;
    private const int PerRoundWithUpgrade = 4;
    private const int Quiet = 20;

    private readonly List<Measurement> _measurements = [];

    public static async Task<int> RunAsync(SoakOptions options)
    {
        var benchmark = new SoakBenchmark(options);
        await benchmark.MeasureAsync(CancellationToken.None);
        await Report.WriteAsync("soak", benchmark._measurements);
        return 0;
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await using var host = await RestartedHost.StartAsync(cancellationToken);
        await AdoptAsync(host, cancellationToken);

        await using var load = host.StartLoad();
        var rounds = new RestartRounds(host, load);
        var half = options.Restarts / 2;
        var upgraded = await rounds.RunAsync(
            (half / PerRoundWithUpgrade) + 1, withUpgrades: true, options.Limit / 2, cancellationToken);
        var kept = await rounds.RunAsync(
            (half / PerRound) + 1, withUpgrades: false, options.Limit / 2, cancellationToken);
        var report = await load.StopAsync();

        await Console.Error.WriteLineAsync(report.ToString().Split('\n')[0]);
        Add("restarts", "restarts", rounds.Restarts);
        Add("requests failed during them", "requests", report.Failed, goal: 0);
        Grow("with upgrades", upgraded);
        Grow("without", kept);
        AddTimes("killed agent to the next one in charge, under load", rounds.Adoptions);
    }

    /// <summary>Without load and upgrades: what an agent takes by itself.</summary>
    private async Task AdoptAsync(RestartedHost host, CancellationToken cancellationToken)
    {
        var times = new List<TimeSpan>();
        for (var i = 0; i < Quiet; i++)
        {
            times.Add(await host.ExchangeAgentAsync(Kit.Programs.Published.Agent, cancellationToken));
        }

        AddTimes("killed agent to the next one in charge", times, goal: 300);
    }

    private void AddTimes(string metric, List<TimeSpan> times, double? goal = null)
    {
        var milliseconds = times.Select(time => time.TotalMilliseconds).Order().ToArray();
        Add($"{metric}, median of {times.Count}", "ms", Report.Median(milliseconds), goal);
        Add($"{metric}, longest", "ms", milliseconds[^1]);
    }

    private void Grow(string when, (HostWeight Before, HostWeight After) weights)
    {
        var (before, after) = weights;
        Add($"supervisor's descriptors more, {when}", "descriptors", after.Descriptors - before.Descriptors, goal: 3);
        Add($"supervisor's threads more, {when}", "threads", after.Threads - before.Threads, goal: 3);
        Add($"supervisor's zombies, {when}", "processes", after.Zombies, goal: 0);
        Add($"host's processes more, {when}", "processes", after.Programs - before.Programs, goal: 3);
        Add($"supervisor's own memory at first, {when}", "MB", before.Megabytes);
        Add($"supervisor's own memory in the end, {when}", "MB", after.Megabytes, goal: before.Megabytes + 6);
    }

    private void Add(string metric, string unit, double ours, double? goal = null) =>
        _measurements.Add(new Measurement(metric, unit, Better.Lower, Math.Round(ours, 3)) { Goal = goal });
}
