namespace Tests.Benchmarks.Restart;

/// <summary>What a restart costs under ours and under Perl's start_server, which take turns.</summary>
internal sealed class RestartBenchmark(RestartOptions options)
{
    private const string Peer = "Server::Starter 0.35";
    private readonly List<Measurement> _measurements = [];

    public static async Task<int> RunAsync(RestartOptions options)
    {
        var benchmark = new RestartBenchmark(options);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(12));
        await benchmark.MeasureAsync(limit.Token);
        await Report.WriteAsync("restart", benchmark._measurements);
        return 0;
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        await using var ours = new StarterRun(isOriginal: false);
        await using var theirs = new StarterRun(isOriginal: true);
        await ours.StartAsync(cancellationToken);
        await theirs.StartAsync(cancellationToken);
        await Task.WhenAll(
            ours.IdleAsync(options.Idle, cancellationToken), theirs.IdleAsync(options.Idle, cancellationToken));
        for (var round = 0; round < options.Restarts; round++)
        {
            // In turns, and each one's first as often as the other's.
            var (first, second) = round % 2 == 0 ? (ours, theirs) : (theirs, ours);
            await first.RestartAsync(cancellationToken);
            await second.RestartAsync(cancellationToken);
        }

        await ours.StopAsync(cancellationToken);
        await theirs.StopAsync(cancellationToken);
        var count = options.Restarts;
        Add($"requests failed during {count} restarts", "requests", ours.Failed, theirs.Failed, goal: 0);
        var (median, peerMedian) = (Report.Median(ours.Latencies), Report.Median(theirs.Latencies));
        Add("HUP to first answer by the new generation, median", "ms", median, peerMedian, goal: peerMedian);
        var (slow, peerSlow) = (Percentile99(ours.Latencies), Percentile99(theirs.Latencies));
        Add("HUP to first answer by the new generation, p99", "ms", slow, peerSlow, goal: peerSlow);
        Add("start_server idle RSS", "MB", ours.IdleMemory, theirs.IdleMemory, goal: 1.5 * theirs.IdleMemory);
        Add("start_server idle PSS", "MB", ours.IdleShare, theirs.IdleShare, goal: null);
        Add(
            $"start_server RSS after {count} restarts", "MB", ours.LastMemory, theirs.LastMemory,
            goal: 1.5 * theirs.LastMemory);
        Add(
            $"idle wake-ups over {options.Idle.TotalSeconds:0} s", "switches", ours.WakeUps, theirs.WakeUps,
            goal: null);
    }

    private static double Percentile99(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)Math.Ceiling(sorted.Length * 0.99) - 1];
    }

    private void Add(string metric, string unit, double ours, double theirs, double? goal)
    {
        _measurements.Add(new Measurement(metric, unit, Better.Lower, Math.Round(ours, 3))
        {
            Peers = { [Peer] = Math.Round(theirs, 3) },
            Goal = goal is { } limit ? Math.Round(limit, 3) : null,
        });
        Console.Error.WriteLine($"{metric}: {ours:0.###} {unit}; {Peer} {theirs:0.###}");
    }
}
