using System.Globalization;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;
using Slipway.Shared.Rpc;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>Programs that are held together by a cgroup.</summary>
public sealed class CgroupTests
{
    private static readonly ReadinessSpec Notify = new(ReadinessKind.Notify);

    private static readonly ReadinessSpec Alive =
        new(ReadinessKind.Alive) { AliveFor = TimeSpan.FromMilliseconds(50) };

    /// <summary>Leaves a process that nobody's parentage or session leads to, and says then that it is ready.</summary>
    private const string Daemon =
        """
        use POSIX; use Socket;
        unless (fork) {
            POSIX::setsid();
            exit if fork;
            $SIG{TERM} = 'IGNORE';
            open my $f, '>', 'daemon.new'; print $f $$; close $f; rename 'daemon.new', 'daemon';
            sleep 1000;
            exit;
        }
        wait;
        select(undef, undef, undef, 0.01) until -e 'daemon';
        socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die;
        (my $name = $ENV{NOTIFY_SOCKET}) =~ s/^@/\0/;
        send($s, "READY=1", 0, pack_sockaddr_un($name)) or die;
        sleep 1000;
        """;

    [Fact(Timeout = 90_000)]
    public async Task What_forks_away_goes_with_its_generation()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("daemon.pl", Daemon);
        var spec = workload.Spec(["perl", "daemon.pl"], Notify);
        var one = await workload.DeployAsync(
            "one", spec with { Server = spec.Server with { StopGrace = TimeSpan.FromMilliseconds(300) } });
        var folder = CgroupTree.FolderOf($"{one.Pid}");
        Assert.SkipWhen(folder == CgroupTree.FolderOf("self"), "This host lets nobody make cgroups.");
        var daemon = await DaemonOfAsync(workload);
        Assert.NotEqual(one.Pid, ProcessTable.Read(daemon)?.Session);

        await workload.DeployAsync("two", workload.Spec(["sleep", "1000"], Alive));
        await workload.Client.ShutdownAsync(TestContext.Current.CancellationToken);

        Assert.True(ProcessTable.Read(daemon) is null or { IsZombie: true });
        Assert.False(Directory.Exists(folder));
    }

    [Fact(Timeout = 90_000)]
    public async Task What_a_probe_sends_away_ends_with_the_probe_and_not_with_the_program()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add(
            "check",
            """
            #!/bin/sh
            setsid sh -c 'echo $$ > daemon.new; mv daemon.new daemon; exec sleep 1000' &
            while ! test -e daemon; do sleep 0.01; done
            """);
        var probe = new ReadinessSpec(ReadinessKind.Exec) { Command = ["./check"] };

        var one = await workload.DeployAsync("one", workload.Spec(["sleep", "1000"], probe));
        var folder = CgroupTree.FolderOf($"{one.Pid}")!;
        Assert.SkipWhen(folder == CgroupTree.FolderOf("self"), "This host lets nobody make cgroups.");
        await EndOfAsync(await DaemonOfAsync(workload));
        while (Directory.GetDirectories(folder).Length > 0)
        {
            await PauseAsync();
        }

        Assert.Equal(one.Pid, (await workload.PhaseAsync("one", GenerationPhase.Current)).Pid);
    }

    [Fact(Timeout = 90_000)]
    public async Task What_a_supervisor_was_killed_before_it_could_end_its_successor_ends()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("daemon.pl", Daemon);
        var spec = workload.Spec(["perl", "daemon.pl"], Notify);
        var one = await workload.DeployAsync(
            "one", spec with { Server = spec.Server with { StopGrace = TimeSpan.FromHours(1) } });
        var folder = CgroupTree.FolderOf($"{one.Pid}");
        Assert.SkipWhen(folder == CgroupTree.FolderOf("self"), "This host lets nobody make cgroups.");
        var daemon = await DaemonOfAsync(workload);
        var two = await workload.DeployAsync("two", workload.Spec(["sleep", "1000"], Alive));
        await workload.PhaseAsync("one", GenerationPhase.Ended);
        Assert.Equal(folder, CgroupTree.FolderOf($"{daemon}"));

        await KillAsync((await workload.Client.StateAsync(TestContext.Current.CancellationToken)).SupervisorPid);
        workload.Client = await workload.EnsureRunningAsync(TestContext.Current.CancellationToken);
        await EndOfAsync(daemon);
        while (Directory.Exists(folder))
        {
            await PauseAsync();
        }

        Assert.Equal(two.Pid, (await workload.PhaseAsync("two", GenerationPhase.Current)).Pid);
    }

    [Fact(Timeout = 90_000)]
    public async Task The_next_supervisor_knows_a_program_by_its_group_too()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var before = await workload.DeployAsync("one", workload.Spec(["sleep", "1000"], Alive));
        var folder = CgroupTree.FolderOf($"{before.Pid}");
        Assert.SkipWhen(folder == CgroupTree.FolderOf("self"), "This host lets nobody make cgroups.");
        var state = await workload.Client.StateAsync(TestContext.Current.CancellationToken);

        SupervisorTests.Kill(state.SupervisorPid, "KILL");
        workload.Client = await workload.EnsureRunningAsync(TestContext.Current.CancellationToken);
        var after = await workload.PhaseAsync("one", GenerationPhase.Current);
        await workload.Client.ShutdownAsync(TestContext.Current.CancellationToken);

        Assert.Equal(before.Pid, after.Pid);
        Assert.False(Directory.Exists(folder));
    }

    [Fact(Timeout = 90_000)]
    public async Task A_supervisor_tidies_up_after_one_that_was_killed_and_takes_nothing_from_a_living_program()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var old = await workload.DeployAsync("one", workload.Spec(["sleep", "1000"], Alive));
        var folder = CgroupTree.FolderOf($"{old.Pid}")!;
        Assert.SkipWhen(folder == CgroupTree.FolderOf("self"), "This host lets nobody make cgroups.");
        var state = await workload.Client.StateAsync(TestContext.Current.CancellationToken);

        // All that would tell whose program lives there is gone, and so is what lived in another group.
        await KillAsync(state.SupervisorPid);
        File.Delete(Path.Combine(workload.Folder, SupervisorJournal.FileName));
        var left = Directory.CreateDirectory($"{folder[..^1]}99/inner").Parent!;
        workload.Client = await workload.EnsureRunningAsync(TestContext.Current.CancellationToken);
        var fresh = await workload.DeployAsync("one", workload.Spec(["sleep", "1000"], Alive));

        Assert.False(Directory.Exists(left.FullName));
        Assert.Equal(folder, CgroupTree.FolderOf($"{old.Pid}"));
        Assert.Equal(folder + "+", CgroupTree.FolderOf($"{fresh.Pid}"));
        await KillAsync(old.Pid);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_limit_holds_or_is_refused_with_the_remedy()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var spec = workload.Spec(["sleep", "1000"], Alive);
        spec = spec with
        {
            Server = spec.Server with
            {
                Confinement = new ConfinementSpec { MemoryMax = 64 << 20, Cpu = 0.5, PidsMax = 20 },
            },
        };

        var cannot = CgroupTree.WhyNot(new CgroupLimits(64 << 20, Cpu: 0.5, Pids: 20));
        if (cannot is not null)
        {
            var refusal = await Assert.ThrowsAsync<ProblemException>(
                () => workload.Client.StartAsync("one", spec, TestContext.Current.CancellationToken));

            Assert.Equal(cannot, refusal.Message);
            Assert.StartsWith("server.limits", cannot, StringComparison.Ordinal);
            Assert.EndsWith("or leave the limit out.", cannot, StringComparison.Ordinal);
            return;
        }

        var running = await workload.DeployAsync("one", spec);
        var folder = CgroupTree.FolderOf($"{running.Pid}")!;
        Assert.Equal("67108864\n", CgroupFile.Read(folder, "memory.max"));
        Assert.Equal("50000 100000\n", CgroupFile.Read(folder, "cpu.max"));
        Assert.Equal("20\n", CgroupFile.Read(folder, "pids.max"));
    }

    private static async Task<int> DaemonOfAsync(SupervisedWorkload workload) => int.Parse(
        await File.ReadAllTextAsync(Path.Combine(workload.Release, "daemon"), TestContext.Current.CancellationToken),
        CultureInfo.InvariantCulture);

    private static Task KillAsync(int pid)
    {
        SupervisorTests.Kill(pid, "KILL");
        return EndOfAsync(pid);
    }

    private static async Task EndOfAsync(int pid)
    {
        while (ProcessTable.Read(pid) is { IsZombie: false })
        {
            await PauseAsync();
        }
    }

    private static Task PauseAsync() => Task.Delay(
        TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
}
