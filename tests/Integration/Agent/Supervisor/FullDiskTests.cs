using Slipway.Agent.Deployments;
using Slipway.Agent.Supervisor;

namespace Tests.Integration.Agent.Supervisor;

public sealed class FullDiskTests
{
    private static readonly ListenSpec Web = new("web", "127.0.0.1:0", 0);

    [Fact(Timeout = 120_000)]
    public async Task A_full_disk_ends_neither_supervisor_nor_programs_and_is_made_good_for()
    {
        using var disk = SmallDisk.Mount();
        await using var workload = new SupervisedWorkload { Folder = disk.In("supervisor"), Client = null! };
        workload.Client = await workload.EnsureRunningAsync(TestContext.Current.CancellationToken);
        string[] chatter = ["/bin/sh", "-c", "while :; do echo $SLIPWAY_VERSION; sleep 0.01; done"];
        var alive = new ReadinessSpec(ReadinessKind.Alive) { AliveFor = TimeSpan.FromMilliseconds(100) };
        await workload.DeployAsync("one", workload.Spec(chatter, alive, Web));
        var before = await workload.Client.StateAsync(TestContext.Current.CancellationToken);
        var journal = JournalOf(workload);

        disk.Fill();
        var two = await workload.DeployAsync("two", workload.Spec(chatter, alive, Web));
        await workload.PhaseAsync("one", GenerationPhase.Ended);
        var during = await workload.Client.StateAsync(TestContext.Current.CancellationToken);
        var journalDuring = JournalOf(workload);

        disk.Free();
        await JournalledAsync(workload.Folder, two.Pid);
        SupervisorTests.Kill(before.SupervisorPid, "KILL");
        workload.Client = await workload.EnsureRunningAsync(TestContext.Current.CancellationToken);
        var after = await workload.PhaseAsync("two", GenerationPhase.Current);

        Assert.Equal(journal, journalDuring);
        Assert.Equal(before.SupervisorPid, during.SupervisorPid);
        Assert.Equal(two.Pid, after.Pid);
    }

    private static string JournalOf(SupervisedWorkload workload) =>
        File.ReadAllText(Path.Combine(workload.Folder, SupervisorJournal.FileName));

    /// <summary>Until the state on disk knows the process.</summary>
    private static async Task JournalledAsync(string folder, int pid)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (SupervisorJournal.Read(folder)!.Processes.All(process => process.Pid != pid))
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }
    }
}
