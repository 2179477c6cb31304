using System.Text.Json.Nodes;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;
using Slipway.Agent.Supervisor.Upgrades;
using Tests.Integration.Agent.Deployments;
using Tests.Kit.Load;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>Programs that do what they should not, and hosts on which nothing is as it was.</summary>
public sealed class HardCaseTests
{
    private static readonly ListenSpec Web = new("web", "127.0.0.1:0", 0);
    private static readonly ReadinessSpec Http = new(ReadinessKind.Http);
    private static readonly ReadinessSpec Alive = new(ReadinessKind.Alive) { AliveFor = TimeSpan.Zero };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData("exit 0", (int)GenerationEnd.Exited)]
    [InlineData("trap '' TERM; while :; do sleep 0.1; done", (int)GenerationEnd.NotReady)]
    [InlineData("perl -MPOSIX -e 'fork && exit; POSIX::setsid(); fork && exit; sleep 30'", (int)GenerationEnd.Exited)]
    [InlineData("exec 3>&-; exec sleep 1000", (int)GenerationEnd.NotReady)]
    [InlineData("exec yes nothing to say", (int)GenerationEnd.NotReady)]
    [InlineData("exec sleep 1000", (int)GenerationEnd.NotReady)]
    [InlineData("kill -ABRT $$", (int)GenerationEnd.Signalled)]
    public async Task Whatever_a_new_program_does_the_old_one_serves(string script, int end)
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("good", EngineHost.Server);
        workload.Add("bad", $"#!/bin/sh\n{script}\n");
        var good = await workload.DeployAsync("good", workload.Spec(["./good"], Http, Web));
        await using var load = LoadGenerator.Start(
            new LoadOptions(await workload.AddressAsync()) { KeepAlive = false, Classify = _ => "good" });
        await load.AnsweredAsync("good", Cancellation);
        var spec = workload.Spec(["./bad"], Http, Web);
        var server = spec.Server with
        {
            StartTimeout = TimeSpan.FromSeconds(end == (int)GenerationEnd.NotReady ? 2 : 60),
            StopGrace = TimeSpan.FromMilliseconds(300),
        };

        await workload.StartAsync("bad", spec with { Server = server });
        var bad = await workload.UntilAsync(
            "bad", generation => generation is { Phase: GenerationPhase.Failed, Pid: 0 });

        Assert.Equal((GenerationEnd)end, bad.End);
        var state = await workload.Client.StateAsync(Cancellation);
        var still = state.Generations.Single(generation => generation.Ticket == "good");
        Assert.Equal((GenerationPhase.Current, good.Pid), (still.Phase, still.Pid));
        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
    }

    [Fact(Timeout = 120_000)]
    public async Task No_child_has_what_belongs_to_another_and_each_has_clean_signals_even_after_an_upgrade()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("probe", "#!/bin/sh\nls /proc/self/fd > fds && cat /proc/self/status > signals\n");
        var probe = new ReadinessSpec(ReadinessKind.Exec) { Command = ["./probe"] };
        for (var generation = 1; generation <= 3; generation++)
        {
            await workload.StartAsync($"{generation}", workload.Spec(["sleep", "1000"], Alive, Web));
        }

        var state = await workload.Client.UpgradeAsync(SupervisedWorkload.Program, Cancellation);
        while (state.Upgrade.Phase == UpgradePhase.Checking)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
            state = await workload.Client.StateAsync(Cancellation);
        }

        var other = new ListenSpec("other", "udp:127.0.0.1:0", 0);
        await workload.StartAsync("4", workload.Spec(["sleep", "1000"], probe, Web, other));
        await workload.PhaseAsync("4", GenerationPhase.Ready);
        state = await workload.Client.StateAsync(Cancellation);

        Assert.Equal(UpgradePhase.Upgraded, state.Upgrade.Phase);
        foreach (var generation in state.Generations)
        {
            var own = generation.Ticket == "4" ? 5 : 4;
            var descriptors = Directory.GetFiles($"/proc/{generation.Pid}/fd").Select(Path.GetFileName).Order();
            Assert.Equal(Enumerable.Range(0, own).Select(number => $"{number}"), descriptors);
            AssertClean(await File.ReadAllLinesAsync($"/proc/{generation.Pid}/status", Cancellation));
        }

        // The fourth is the folder that ls reads.
        Assert.Equal(
            ["0", "1", "2", "3"], await File.ReadAllLinesAsync(Path.Combine(workload.Release, "fds"), Cancellation));
        AssertClean(await File.ReadAllLinesAsync(Path.Combine(workload.Release, "signals"), Cancellation));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_process_that_only_has_the_number_is_neither_adopted_nor_touched()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var before = await workload.DeployAsync("one", workload.Spec(["sleep", "1000"], Alive));
        var state = await workload.Client.StateAsync(Cancellation);
        SupervisorTests.Kill(state.SupervisorPid, "KILL");
        var file = Path.Combine(workload.Folder, SupervisorJournal.FileName);
        var journal = JsonNode.Parse(await File.ReadAllTextAsync(file, Cancellation))!;
        var process = journal["processes"]!.AsArray().Single()!;
        process["start_ticks"] = (ulong)process["start_ticks"]! - 1;
        await File.WriteAllTextAsync(file, journal.ToJsonString(), Cancellation);

        workload.Client = await workload.EnsureRunningAsync(Cancellation);
        var after = await workload.UntilAsync(
            "one", generation => generation is { Phase: GenerationPhase.Current, Restarts: 1, Pid: > 0 });
        await workload.Client.ShutdownAsync(Cancellation);

        Assert.NotEqual(before.Pid, after.Pid);
        Assert.Null(ProcessTable.Read(after.Pid));
        Assert.NotNull(ProcessTable.Read(before.Pid));
        SupervisorTests.Kill(before.Pid, "KILL");
    }

    private static void AssertClean(string[] status)
    {
        Assert.Contains("SigBlk:\t0000000000000000", status);
        Assert.Contains("SigCgt:\t0000000000000000", status);
        // Without those of real time, which the C library keeps to itself.
        Assert.Matches(
            "SigIgn:\t[0-9a-f]{8}[08]0000000",
            status.Single(line => line.StartsWith("SigIgn", StringComparison.Ordinal)));
    }
}
