using System.Globalization;
using Slipway.Agent.Deployments;
using Slipway.Agent.Logs;
using Slipway.Agent.Supervisor;

namespace Tests.Integration.Agent.Supervisor;

public sealed class OutputTests
{
    // Its end is its failure.
    private static readonly ReadinessSpec Never = new(ReadinessKind.Notify);

    [Fact(Timeout = 120_000)]
    public async Task Output_is_kept_line_by_line_and_its_end_is_told()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        string[] command = ["sh", "-c", "seq 1 100000; printf unfinished; exit 1"];

        var failed = await FailAsync(workload, workload.Spec(command, Never));
        var log = workload.ReadLog();

        Assert.EndsWith("99999\n100000\nunfinished", failed.Output, StringComparison.Ordinal);
        Assert.True(failed.Output.Length <= OutputTail.Kept);
        Assert.Equal("unfinished", log.Last(IsOutput).Text);
        Assert.All(log.Where(IsOutput), line => Assert.Equal(1, line.Source.Generation));
        Assert.Equal(100_001, log.Count(IsOutput) + LostIn(log));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_last_words_are_on_disk_when_the_end_is_told_and_the_streams_are_told_apart()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        string[] command = ["sh", "-c", "seq 1 3000; seq 3001 6000 >&2; printf last; printf words >&2; exit 1"];

        var failed = await FailAsync(workload, workload.Spec(command, Never));
        var log = workload.ReadLog();

        Assert.Equal(1, Assert.Single(log.Select(line => line.Source.Pid).Distinct()).CompareTo(1));
        Assert.Equal(GenerationEnd.Exited, failed.End);
        Assert.Equal([.. Numbers(1, 3000), "last"], log.Where(IsOutput).Select(line => line.Text));
        Assert.Equal(
            [.. Numbers(3001, 3000), "words"],
            log.Where(line => line.Source.Stream == LogStream.Error).Select(line => line.Text));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_flood_neither_blocks_the_program_nor_fills_the_disk()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var spec = workload.Spec(["sh", "-c", Flood(2_000_000)], Never);
        spec = spec with { Server = spec.Server with { Log = new(1 << 20, 4, TimeSpan.Zero) } };

        using var ended = new CancellationTokenSource();
        var watching = MostOnDiskAsync(workload, ended.Token);
        await FailAsync(workload, spec);
        await ended.CancelAsync();
        var log = workload.ReadLog();

        Assert.InRange(await watching, 1 << 20, 4 << 20);
        Assert.Equal("done", log.Last(IsOutput).Text);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_a_flood_loses_is_counted_where_it_is_missing()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var spec = workload.Spec(["sh", "-c", Flood(400_000)], Never);
        spec = spec with { Server = spec.Server with { Log = new(64 << 20, 4, TimeSpan.Zero) } };

        await FailAsync(workload, spec);
        var log = workload.ReadLog();

        Assert.Equal(400_001, log.Count(IsOutput) + LostIn(log));
    }

    [Fact(Timeout = 120_000)]
    public async Task The_next_supervisor_hears_a_program_that_it_did_not_start()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var go = Path.Combine(workload.Release, "go");
        string[] command =
        [
            "sh", "-c", $"echo one; echo two >&2; while [ ! -e {go} ]; do sleep 0.01; done; "
                + "echo three; echo four >&2; exec sleep 60",
        ];
        await workload.DeployAsync("one", workload.Spec(
            command, new ReadinessSpec(ReadinessKind.Alive) { AliveFor = TimeSpan.FromMilliseconds(100) }));
        var before = await workload.Client.StateAsync(TestContext.Current.CancellationToken);

        SupervisorTests.Kill(before.SupervisorPid, "KILL");
        workload.Client = await workload.EnsureRunningAsync(TestContext.Current.CancellationToken);
        await workload.PhaseAsync("one", GenerationPhase.Current);
        workload.Add("go", "");
        using var tail = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var heard = new List<string>();
        await foreach (var slice in Tail(workload).ReadAsync(tail.Token))
        {
            heard.AddRange(slice.Lines.Select(line => $"{line.Source.Stream} {line.Text}"));
            if (heard.Count == 4)
            {
                break;
            }
        }

        Assert.Equal(["Error four", "Error two", "Output one", "Output three"], heard.Order(StringComparer.Ordinal));
    }

    private static LogTail Tail(SupervisedWorkload workload) =>
        new(workload.LogFolder, new LogQuery { IsFollowing = true }, TimeProvider.System);

    private static string Flood(int lines) => $"yes $(printf '%099d' 7) | head -n {lines}; echo done; exit 1";

    private static IEnumerable<string> Numbers(int first, int count) =>
        Enumerable.Range(first, count).Select(number => number.ToString(CultureInfo.InvariantCulture));

    private static async Task<GenerationState> FailAsync(SupervisedWorkload workload, GenerationSpec spec)
    {
        var patient = spec.Server with { StartTimeout = TimeSpan.FromMinutes(2) };
        await workload.StartAsync("one", spec with { Server = patient });
        return await workload.PhaseAsync("one", GenerationPhase.Failed);
    }

    private static async Task<long> MostOnDiskAsync(SupervisedWorkload workload, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var most = 0L;
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                // In the order in which they are deleted: what is seen was there at once, or less was.
                most = Math.Max(most, LogSegment.ListIn(workload.LogFolder).Sum(LengthOf));
            }
        }
        catch (OperationCanceledException)
        {
            // It has ended.
        }

        return most;
    }

    private static long LengthOf(LogSegment segment)
    {
        try
        {
            return new FileInfo(segment.Path).Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    private static bool IsOutput(LogLine line) => line.Source.Stream == LogStream.Output;

    private static long LostIn(IEnumerable<LogLine> log) => log.Where(line => line.Source.Stream == LogStream.Log)
        .Sum(line => long.Parse(line.Text.Split(' ')[0], CultureInfo.InvariantCulture));
}
