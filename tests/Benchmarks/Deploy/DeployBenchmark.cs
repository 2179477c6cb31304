using System.Globalization;
using System.Net;
using Tests.Kit.Load;
using Tests.Kit.Programs;

namespace Tests.Benchmarks.Deploy;

/// <summary>What a deployment costs: the agent's weight and haste, and a release's way from push to traffic.</summary>
internal sealed class DeployBenchmark(DeployOptions options) : IAsyncDisposable
{
    private const string Agent = "bench-1";
    private const string Application = "hello-starlet";
    private const int Rounds = 7;

    private readonly CancellationTokenSource _limit = new(TimeSpan.FromMinutes(8));
    private readonly List<Measurement> _measurements = [];
    private readonly IPEndPoint _address = new(IPAddress.Loopback, Fleet.FreePort());
    private readonly Fleet _fleet = new();
    private int _controlPlane;
    private int _agent;

    public static async Task<int> RunAsync(DeployOptions options)
    {
        await using var benchmark = new DeployBenchmark(options);
        await benchmark.MeasureAsync();
        await Report.WriteAsync("deploy", benchmark._measurements);
        return 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _fleet.DisposeAsync();
        _limit.Dispose();
    }

    private static double Milliseconds(long since) => TimeProvider.System.GetElapsedTime(since).TotalMilliseconds;

    private async Task MeasureAsync()
    {
        _controlPlane = (await _fleet.StartControlPlaneAsync(_limit.Token)).Pid;
        Add(new Measurement("agent binary size", "MB", Better.Lower, new FileInfo(Published.Agent).Length / 1e6)
        {
            Goal = 25,
        });
        await StartUpAsync();
        await IdleAsync();
        await PushToTrafficAsync();
        await new TransferBenchmark(_fleet, _controlPlane, _agent, options.ArtifactMegabytes)
            .MeasureAsync(Add, _limit.Token);
    }

    private void Add(Measurement measurement)
    {
        _measurements.Add(measurement with { Ours = Math.Round(measurement.Ours, 3) });
        Console.Error.WriteLine($"{measurement.Metric}: {measurement.Ours:0.###} {measurement.Unit}");
    }

    /// <summary>From exec to the session with the control plane; enrolled before.</summary>
    private async Task StartUpAsync()
    {
        var times = new List<double>();
        var used = new List<double>();
        for (var round = 0; round <= Rounds; round++)
        {
            var before = TimeProvider.System.GetTimestamp();
            var agent = await _fleet.StartAgentAsync(Agent, _limit.Token);
            await agent.LineAsync("Connected to ", _limit.Token);
            times.Add(Milliseconds(before));
            used.Add(ProcessTable.ProcessorTime(agent.Pid).TotalMilliseconds);
            _agent = agent.Pid;
            if (round < Rounds)
            {
                agent.Terminate();
                await agent.ExitAsync(_limit.Token);
            }
        }

        // The first one enrolled.
        Add(new Measurement(
            $"agent start to connected, median of {Rounds}", "ms", Better.Lower, Report.Median(times.Skip(1)))
        {
            Goal = 100,
        });
        Add(new Measurement(
            $"agent processor time until then, median of {Rounds}", "ms", Better.Lower, Report.Median(used.Skip(1))));
    }

    private async Task IdleAsync()
    {
        await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, _limit.Token);
        var before = ProcessTable.ProcessorTime(_agent);
        await Task.Delay(options.Idle, TimeProvider.System, _limit.Token);
        var used = ProcessTable.ProcessorTime(_agent) - before;
        Add(new Measurement(
            $"agent idle CPU over {options.Idle.TotalSeconds:0} s", "%", Better.Lower, used / options.Idle * 100)
        {
            Goal = 0.1,
        });
        var resident = ProcessTable.Resident(_agent) / 1e6;
        Add(new Measurement("agent idle RSS", "MB", Better.Lower, resident) { Goal = 30 });
    }

    private async Task PushToTrafficAsync()
    {
        var manifest = await File.ReadAllTextAsync(
            Path.Join(Published.Sample("starlet"), "slipway.yaml"), _limit.Token);
        await _fleet.ApplyAsync(manifest, _limit.Token, ("127.0.0.1:8081", _address.ToString()));
        await ReleaseAsync("1.0.0");

        var started = TimeProvider.System.GetUtcNow();
        await using var load = LoadGenerator.Start(new LoadOptions(_address)
        {
            Connections = 1,
            KeepAlive = false,
            Pause = TimeSpan.FromMilliseconds(1),
        });
        var accepted = new Dictionary<string, DateTimeOffset>();
        var own = new List<double>();
        for (var release = 1; release <= Rounds; release++)
        {
            own.Add(await OwnStartAsync());
            var version = $"1.{release}.0";
            accepted[version] = await ReleaseAsync(version);
            await load.AnsweredAsync(version, _limit.Token);
        }

        var report = await load.StopAsync();
        var times = report.Answers
            .Where(answer => accepted.ContainsKey(answer.Kind))
            .Select(answer => (started + answer.First - accepted[answer.Kind]).TotalMilliseconds);
        Add(new Measurement($"requests failed during {Rounds} releases", "requests", Better.Lower, report.Failed)
        {
            Goal = 0,
        });
        Add(new Measurement($"program's own start, median of {Rounds}", "ms", Better.Lower, Report.Median(own)));
        Add(new Measurement(
            $"push accepted to traffic, less own start, median of {Rounds}", "ms", Better.Lower,
            Report.Median(times) - Report.Median(own))
        {
            Goal = 250,
        });
    }

    /// <summary>Pushes a release and follows it to its end; gives the time at which it was recorded.</summary>
    private async Task<DateTimeOffset> ReleaseAsync(string version)
    {
        var release = await new ReleaseFolder(Path.Join(_fleet.Root, $"release-{version}"))
            .AddFolder(Published.Sample("starlet"))
            .AddAsync("release.txt", version, _limit.Token);
        var archive = await release.PackAsync(Path.Join(_fleet.Root, $"release-{version}.tar.gz"), _limit.Token);
        var pushed = (await _fleet.DeployctlAsync(
            _limit.Token, "release", "push", Application, version, "--artifact", $"any={archive}")).Expect(0).Json;
        var rollout = (string)pushed["rollout_ids"]!.AsArray().Single()!;
        (await _fleet.WatchAsync(rollout, _limit.Token)).Expect(0);
        return DateTimeOffset.Parse((string)pushed["release"]!["created_at"]!, CultureInfo.InvariantCulture);
    }

    /// <summary>The same program, started by hand, until it answers.</summary>
    private async Task<double> OwnStartAsync()
    {
        var address = new IPEndPoint(IPAddress.Loopback, Fleet.FreePort());
        var before = TimeProvider.System.GetTimestamp();
        await using var program = RunningProgram.Start(
            "plackup",
            [
                "--server", "Starlet", "--env", "deployment", "--max-workers", "4", "--host", "127.0.0.1",
                "--port", $"{address.Port}", Path.Join(Published.Sample("starlet"), "app.psgi"),
            ],
            // Names the fleet's folder, so that its workers end with it.
            new Dictionary<string, string> { ["SLIPWAY_VERSION"] = "by hand", ["BENCH_ROOT"] = _fleet.Root });
        await using var load = LoadGenerator.Start(new LoadOptions(address)
        {
            Connections = 1,
            KeepAlive = false,
            Classify = _ => "any",
        });
        await load.AnsweredAsync("any", _limit.Token);
        var took = Milliseconds(before);
        program.Terminate();
        await program.ExitAsync(_limit.Token);
        return took;
    }
}
