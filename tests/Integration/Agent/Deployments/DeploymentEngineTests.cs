using System.Diagnostics;
using Slipway.Agent.Deployments;
using Slipway.Shared.Rpc;

namespace Tests.Integration.Agent.Deployments;

/// <summary>The engine on a real disk, with real supervisors and real programs.</summary>
public sealed class DeploymentEngineTests : IAsyncLifetime
{
    private EngineHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await EngineHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_release_is_fetched_unpacked_started_and_committed()
    {
        var first = _host.Release(1, EngineHost.Server);

        var end = await _host.DeployAsync(first);

        Assert.Equal((DeploymentPhase.Committed, ""), (end.Phase, end.Detail));
        Assert.Equal(
            "1Assigned 2Fetching 3Staging 4Starting 5Verifying 6Committed", _host.Phases(first));
        Assert.Equal("1.1.0", (await _host.AskAsync()).Version);
        Assert.Equal($"releases/{ReleaseName.Of(first)}", _host.Current);
        var status = await _host.StatusAsync(status => status is { IsHealthy: true, Generation: 1 });
        Assert.Equal("1.1.0", status!.RunningVersion);
        Assert.Equal([(await _host.AskAsync()).Pid], status.Pids);
        _host.Engine.Reports.Acknowledge(first.DeploymentId, end.Sequence);
        Assert.Empty(_host.Engine.Reports.Pending());
    }

    [Fact]
    public async Task The_next_release_takes_over_and_the_old_one_goes()
    {
        await _host.DeployAsync(_host.Release(1, EngineHost.Server));
        var (_, old) = await _host.AskAsync();

        var end = await _host.DeployAsync(_host.Release(2, EngineHost.Server + "\n#2"));

        Assert.Equal(DeploymentPhase.Committed, end.Phase);
        var status = await _host.StatusAsync(status => status is { Generation: 2, IsHealthy: true });
        Assert.Equal("1.2.0", status!.RunningVersion);
        Assert.DoesNotContain(old, status.Pids);
    }

    [Theory]
    [InlineData("#!/bin/sh\necho 'no database' >&2; exit 3", 30, (int)FailureReason.StartCrashed, "no database")]
    [InlineData("#!/bin/sh\necho 'no luck'; kill -SEGV $$", 30, (int)FailureReason.Signalled, "no luck")]
    [InlineData("#!/bin/sh\necho waiting; exec sleep 1000", 1, (int)FailureReason.NotReady, "waiting")]
    [InlineData("#!/no/such/interpreter", 30, (int)FailureReason.ExecFailed, "")]
    public async Task A_program_that_does_not_come_up_leaves_the_old_one_alone(
        string script, int seconds, int reason, string output)
    {
        await _host.DeployAsync(_host.Release(1, EngineHost.Server));
        var before = await _host.AskAsync();
        var broken = _host.Release(
            2, script, spec => spec with { StartTimeout = TimeSpan.FromSeconds(seconds) });

        var end = await _host.DeployAsync(broken);

        Assert.Equal((DeploymentPhase.Failed, (FailureReason)reason), (end.Phase, end.Reason));
        Assert.Contains(output, end.Output, StringComparison.Ordinal);
        Assert.NotEmpty(end.Detail);
        Assert.Equal(before, await _host.AskAsync());
        Assert.StartsWith("releases/1.1.0-", _host.Current, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_failed_is_not_tried_again_even_by_another_run_of_the_agent()
    {
        var broken = _host.Release(1, "#!/bin/sh\nexit 1");
        await _host.DeployAsync(broken);
        var reports = _host.Engine.Reports.Pending();

        await _host.BeginAnewAsync();
        await _host.StatusAsync(status => status.Generation == 1);

        Assert.Equal(reports, _host.Engine.Reports.Pending());
    }

    [Fact]
    public async Task Other_bytes_than_promised_are_not_unpacked()
    {
        var release = _host.Release(1, EngineHost.Server);
        _host.Source.Add(release.Artifact!.Digest, new byte[release.Artifact.SizeBytes]);

        var end = await _host.DeployAsync(release);

        Assert.Equal(FailureReason.DigestMismatch, end.Reason);
        Assert.False(Directory.Exists(Path.Combine(_host.WorkloadFolder, "releases", ReleaseName.Of(release))));
    }

    [Fact]
    public async Task An_archive_that_leaves_its_folder_is_refused()
    {
        var hostile = EngineHost.Pack(tar => tar.WriteEntry(EngineHost.Entry("../../evil", "x")));

        var end = await _host.DeployAsync(_host.Release(1, hostile));

        Assert.Equal(FailureReason.BadArchive, end.Reason);
        Assert.Contains("../../evil", end.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_artifact_that_is_nowhere_fails_by_that_name()
    {
        var release = _host.Release(1, EngineHost.Server);
        var missing = release with
        {
            Artifact = release.Artifact! with { Digest = Slipway.Shared.Artifacts.Digest.FromHash(new byte[32]) },
        };

        Assert.Equal(FailureReason.FetchNotFound, (await _host.DeployAsync(missing)).Reason);
    }

    [Fact]
    public async Task More_than_the_disk_holds_is_not_even_fetched()
    {
        var release = _host.Release(1, EngineHost.Server);
        var huge = release with { Artifact = release.Artifact! with { SizeBytes = 1L << 60 } };

        Assert.Equal(FailureReason.DiskFull, (await _host.DeployAsync(huge)).Reason);
        Assert.Empty(_host.Source.Offsets);
    }

    [Fact]
    public async Task A_fetch_that_breaks_off_goes_on_where_it_ended()
    {
        var release = _host.Release(1, EngineHost.Server);
        _host.Source.BreakAfter = ((int)release.Artifact!.SizeBytes / 2) + 1;

        var end = await _host.DeployAsync(release);

        Assert.Equal(DeploymentPhase.Committed, end.Phase);
        Assert.Equal([0L, _host.Source.BreakAfter], _host.Source.Offsets);
    }

    [Fact]
    public async Task Something_newer_takes_the_place_of_what_is_starting()
    {
        var stuck = _host.Release(1, "#!/bin/sh\nexec sleep 1000");
        await _host.AcceptAsync(stuck);
        await _host.UntilAsync(() => _host.Engine.Reports.Pending()
            .FirstOrDefault(report => report.Phase == DeploymentPhase.Starting));

        var end = await _host.DeployAsync(_host.Release(2, EngineHost.Server));

        Assert.Equal(DeploymentPhase.Superseded, (await _host.EndOfAsync(stuck)).Phase);
        Assert.Equal(DeploymentPhase.Committed, end.Phase);
        Assert.Equal("1.2.0", (await _host.AskAsync()).Version);
    }

    [Fact]
    public async Task What_a_crashed_program_said_last_is_told()
    {
        var end = Path.Combine(_host.StateFolder, "end");
        var script = $"#!/bin/sh\nwhile [ ! -e {end} ]; do sleep 0.1; done\necho 'no database \u001b' >&2\nexit 3";
        await _host.DeployAsync(_host.Release(1, script, spec => spec with
        {
            Readiness = new(ReadinessKind.Alive) { AliveFor = TimeSpan.Zero },
            Restart = new(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(5)),
        }));

        await File.WriteAllTextAsync(end, "", TestContext.Current.CancellationToken);
        var status = await _host.StatusAsync(
            status => status.Detail.StartsWith("The program ended", StringComparison.Ordinal));

        Assert.Equal(
            "The program ended by itself and is started again: Exited with code 3. "
                + @"Its last words: no database \x1b",
            status!.Detail);
    }

    [Fact]
    public async Task How_a_committed_program_ended_is_reported_once()
    {
        var said = Path.Combine(_host.StateFolder, "said");
        var release = _host.Release(1, $"#!/bin/sh\necho no luck\ntouch {said}\nexec sleep 1000", spec => spec with
        {
            Readiness = new(ReadinessKind.Exec) { Command = ["/usr/bin/test", "-e", said] },
        });
        var committed = await _host.DeployAsync(release);
        var served = await _host.StatusAsync(status => status.Pids.Count > 0);

        using (var process = Process.GetProcessById(served!.Pids[0]))
        {
            process.Kill();
        }

        var end = await _host.UntilAsync(() => _host.Engine.Reports.Pending().FirstOrDefault(report => report.Run > 0));
        Assert.Equal(
            (release.DeploymentId, 1, 0, FailureReason.Signalled, "Ended by signal KILL."),
            (end!.DeploymentId, end.Run, end.Restarts, end.Reason, end.Detail));
        Assert.Equal("no luck\n", end.Output);
        Assert.True(end.Sequence > committed.Sequence);

        // Another run of the agent sees it again, and does not tell it again.
        _host.Engine.Reports.Acknowledge(end.DeploymentId, end.Sequence);
        await _host.BeginAnewAsync();
        await _host.StatusAsync(status => status.Pids.Count > 0 && status.Pids[0] != served.Pids[0]);
        Assert.Empty(_host.Engine.Reports.Pending());
    }

    [Fact]
    public async Task Of_many_that_come_during_a_restart_the_newest_wins()
    {
        await _host.DeployAsync(_host.Release(1, EngineHost.Server));
        await _host.AcceptAsync(_host.Release(2, "#!/bin/sh\nexec sleep 1000"));
        await _host.UntilAsync(() => _host.Engine.Reports.Pending()
            .FirstOrDefault(report => report is { Phase: DeploymentPhase.Starting, DeploymentId: "deployment-2" }));

        for (var generation = 3; generation < 12; generation++)
        {
            await _host.AcceptAsync(_host.Release(generation, EngineHost.Server + $"\n#{generation}"));
        }

        var end = await _host.DeployAsync(_host.Release(12, EngineHost.Server + "\n#12"));

        Assert.Equal(DeploymentPhase.Committed, end.Phase);
        Assert.Equal("1.12.0", (await _host.AskAsync()).Version);
        await _host.StatusAsync(status => status is { Generation: 12, IsHealthy: true });
    }

    [Theory]
    [InlineData((int)DeploymentPhase.Assigned)]
    [InlineData((int)DeploymentPhase.Fetching)]
    [InlineData((int)DeploymentPhase.Staging)]
    [InlineData((int)DeploymentPhase.Starting)]
    [InlineData((int)DeploymentPhase.Verifying)]
    [InlineData((int)DeploymentPhase.Committed)]
    public async Task An_engine_that_ends_after_any_step_changes_nothing(int phase)
    {
        await _host.DeployAsync(_host.Release(1, EngineHost.Server));
        var second = _host.Release(
            2, EngineHost.Server + "\n#2", spec => spec with { Bake = TimeSpan.FromMilliseconds(300) });
        await _host.AcceptAsync(second);
        await _host.UntilAsync(() => _host.Engine.Reports.Pending().FirstOrDefault(report =>
            report.DeploymentId == second.DeploymentId && report.Phase >= (DeploymentPhase)phase));

        await _host.BeginAnewAsync();
        var end = await _host.EndOfAsync(second);

        Assert.Equal(DeploymentPhase.Committed, end.Phase);
        Assert.Equal("1Assigned 2Fetching 3Staging 4Starting 5Verifying 6Committed", _host.Phases(second));
        var state = await _host.Supervisor.StateAsync(TestContext.Current.CancellationToken);
        Assert.Single(state.Generations, generation => generation.Ticket == second.DeploymentId);
        Assert.All(state.Generations, generation => Assert.Equal(0, generation.Restarts));
        Assert.Equal("1.2.0", (await _host.StatusAsync(status => status.Generation == 2))!.RunningVersion);
    }

    [Fact]
    public async Task Programs_keep_running_while_agents_come_and_go()
    {
        var first = _host.Release(1, EngineHost.Server);
        await _host.DeployAsync(first);
        var before = await _host.AskAsync();
        var reports = _host.Engine.Reports.Pending();

        await _host.BeginAnewAsync();
        var status = await _host.StatusAsync(status => status.IsHealthy);

        Assert.Equal(before, await _host.AskAsync());
        Assert.Equal([before.Pid], status!.Pids);
        Assert.Equal(reports, _host.Engine.Reports.Pending());
        Assert.Equal(first.DeploymentId, Assert.Single(_host.Engine.Desired.Workloads).DeploymentId);
    }

    [Fact]
    public async Task After_a_restart_of_the_host_what_was_committed_runs_again()
    {
        await _host.DeployAsync(_host.Release(1, EngineHost.Server));
        var (_, old) = await _host.AskAsync();
        var state = await _host.Supervisor.StateAsync(TestContext.Current.CancellationToken);
        await _host.Engine.DisposeAsync();
        await KillAsync(state.SupervisorPid);
        await KillAsync(old);

        await _host.BeginAnewAsync();
        var status = await _host.StatusAsync(status => status.IsHealthy && !status.Pids.Contains(old));

        Assert.Equal("1.1.0", status!.RunningVersion);
        Assert.Equal("1.1.0", (await _host.AskAsync()).Version);
    }

    [Fact]
    public async Task What_is_not_wanted_any_more_is_stopped_and_removed()
    {
        await _host.DeployAsync(_host.Release(1, EngineHost.Server));
        var (_, pid) = await _host.AskAsync();

        await _host.AcceptAsync();
        await _host.UntilAsync(() => _host.Engine.Observe().Count == 0 ? "gone" : null);

        Assert.False(Directory.Exists(_host.WorkloadFolder));
        Assert.DoesNotContain("./run", await CommandOfAsync(pid), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_taken_away_can_be_had_again_at_any_moment()
    {
        for (var generation = 1; generation <= 4; generation++)
        {
            var end = await _host.DeployAsync(_host.Release(generation, EngineHost.Server));
            Assert.Equal(DeploymentPhase.Committed, end.Phase);
            await _host.AcceptAsync();
            if (generation % 2 == 0)
            {
                await _host.UntilAsync(() => _host.Engine.Observe().Count == 0 ? "gone" : null);
            }
        }

        await _host.UntilAsync(() => Directory.Exists(_host.WorkloadFolder) ? null : "gone");
    }

    [Fact]
    public async Task An_agent_does_not_go_back_in_time()
    {
        await _host.AcceptAsync();
        await _host.AcceptAsync();
        var older = new DesiredState(new(1, 1, "bb"), []);

        var refusal = await Assert.ThrowsAsync<ProblemException>(
            () => _host.Engine.AcceptAsync(older, TestContext.Current.CancellationToken));

        Assert.Equal("STALE_DESIRED", refusal.Problem.Reason);
    }

    [Fact]
    public async Task Names_that_are_no_folders_are_refused()
    {
        var workload = _host.Release(1, EngineHost.Server);

        await Assert.ThrowsAsync<ProblemException>(() => _host.AcceptAsync(workload with { DeploymentId = "../x" }));
        await Assert.ThrowsAsync<ProblemException>(() => _host.AcceptAsync(workload with { Key = new("..", "x") }));
        await Assert.ThrowsAsync<ProblemException>(() => _host.AcceptAsync(workload with { Version = "../../x" }));
        await Assert.ThrowsAsync<ProblemException>(() => _host.AcceptAsync(workload, workload));
    }

    [Fact]
    public async Task A_torn_last_line_of_a_journal_is_cut_off()
    {
        var path = Path.Combine(_host.StateFolder, "torn.jsonl");
        var release = _host.Release(1, EngineHost.Server);
        using (var journal = DeploymentJournal.Create(path, release, DateTimeOffset.UnixEpoch))
        {
            journal.Append(DeploymentPhase.Fetching, DateTimeOffset.UnixEpoch);
        }

        await File.AppendAllTextAsync(path, """{"sequence":3,"pha""", TestContext.Current.CancellationToken);

        using (var journal = DeploymentJournal.Open(path)!)
        {
            Assert.Equal((2u, DeploymentPhase.Fetching), (journal.Attempt.Last.Sequence, journal.Attempt.Phase));
            Assert.Equal(3u, journal.Append(DeploymentPhase.Staging, DateTimeOffset.UnixEpoch).Sequence);
        }

        using var again = DeploymentJournal.Open(path)!;
        Assert.Equal(DeploymentPhase.Staging, again.Attempt.Phase);
        Assert.Equal("./run", Assert.Single(again.Attempt.Workload.Server.Command));
    }

    private static async Task<string> CommandOfAsync(int pid) => File.Exists($"/proc/{pid}/cmdline")
        ? await File.ReadAllTextAsync($"/proc/{pid}/cmdline", TestContext.Current.CancellationToken)
        : "";

    private static async Task KillAsync(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();

        // Its parent may never ask how it ended, so that it stays as a zombie: dead enough.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (File.Exists($"/proc/{pid}/stat")
            && !(await File.ReadAllTextAsync($"/proc/{pid}/stat", limit.Token))
                .Contains(") Z ", StringComparison.Ordinal))
        {
            await Task.Yield();
        }
    }
}
