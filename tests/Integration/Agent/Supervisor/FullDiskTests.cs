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

    /// <summary>A file system of half a megabyte.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public static SmallDisk Mount()
        {
            var disk = new SmallDisk();
            if (Run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk._folder.Path) != 0)
            {
                disk._folder.Dispose();
                Assert.Skip("It takes a user who may mount a file system.");
            }

            return disk;
        }

        public string In(string name) => _folder.In(name);

        public void Fill()
        {
            using var file = File.OpenHandle(In("filler"), FileMode.Create, FileAccess.Write);
            var page = new byte[4096];
            var isFull = false;
            for (var offset = 0L; !isFull; offset += page.Length)
            {
                try
                {
                    RandomAccess.Write(file, page, offset);
                }
                catch (IOException)
                {
                    isFull = true;
                }
            }
        }

        public void Free() => File.Delete(In("filler"));

        public void Dispose()
        {
            Run("umount", "--lazy", _folder.Path);
            _folder.Dispose();
        }

        private static int Run(string program, params string[] arguments)
        {
            using var process = System.Diagnostics.Process.Start(program, arguments);
            process.WaitForExit();
            return process.ExitCode;
        }
    }
}
