using System.Globalization;
using Slipway.Agent.Native;
using ProcessTable = Tests.Kit.Programs.ProcessTable;

namespace Tests.Integration.Agent.Starter;

/// <summary>What comes at a bad moment: signals and deaths while a restart is under way.</summary>
public sealed class RestartTests
{
    [Fact(Timeout = 180_000)]
    public async Task Restarts_asked_for_during_a_restart_are_one_more_after_it()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=4");
        await server.ServingAsync(1);

        server.Signal(Libc.SignalHangUp);
        await server.NoteAsync(2);
        for (var i = 0; i < 5; i++)
        {
            server.Signal(Libc.SignalHangUp);
        }

        await server.ServingAsync(3);
        server.Signal(Libc.SignalTerminate);
        Assert.Equal(0, await server.ExitAsync());

        var lines = server.Output.Split('\n');
        var starts = lines.Index()
            .Where(line => line.Item.StartsWith("starting new worker", StringComparison.Ordinal))
            .Select(line => line.Index)
            .ToList();
        Assert.Equal(3, starts.Count);
        Assert.True(
            Array.FindIndex(lines, line => line.StartsWith("killing old workers", StringComparison.Ordinal))
                < starts[^1],
            "The second restart began before the first one's worker had proved itself:\n" + server.Output);
    }

    [Fact(Timeout = 180_000)]
    public async Task Signals_that_nohup_and_the_shell_ignore_are_heard_nevertheless()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Add("nohup", $"trap '' HUP INT QUIT; exec \"$@\" --interval=0.2 -- {server.In("worker")}");
        server.StartBy("/bin/sh", server.In("nohup"));
        await server.ServingAsync(1);

        server.Signal(Libc.SignalHangUp);
        await server.ServingAsync(2);
        server.Signal(Libc.SignalInterrupt);

        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task The_old_worker_stays_when_the_new_one_dies_before_the_old_one_is_told_to_go()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=0.2", "--kill-old-delay=5");
        await server.ServingAsync(1);
        var old = await WorkerAsync(server, 1);

        server.Signal(Libc.SignalHangUp);
        await server.LineAsync("sleeping 5 secs before killing old workers");
        server.Signal(Libc.SignalKill, await WorkerAsync(server, 2));
        await server.LineAsync("seems to have failed to start, exit status:9");
        var isOldAlive = ProcessTable.IsAlive(old);
        await server.ServingAsync(3);

        Assert.True(isOldAlive);
        Assert.Contains($"old worker {old} died, status:0", server.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task The_end_does_not_wait_until_the_old_workers_are_told_to_go()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=0.2", "--kill-old-delay=3000");
        await server.ServingAsync(1);

        server.Signal(Libc.SignalHangUp);
        await server.LineAsync("sleeping 3000 secs before killing old workers");
        server.Signal(Libc.SignalTerminate);

        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task The_end_comes_between_attempts_and_starts_no_other()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Add("fail.1", "");
        server.Start("--interval=3000");

        await server.LineAsync("seems to have failed to start, exit status:768");
        server.Signal(Libc.SignalTerminate);

        Assert.Equal(0, await server.ExitAsync());
        var starts = server.Output.Split('\n')
            .Where(line => line.StartsWith("starting new worker", StringComparison.Ordinal));
        Assert.Single(starts);
    }

    /// <summary>In the original the worker may get it before it is a program, and forget it.</summary>
    [Fact(Timeout = 180_000)]
    public async Task The_end_reaches_a_worker_that_has_only_just_been_started()
    {
        for (var round = 0; round < 20; round++)
        {
            await using var server = new StartServer(TestContext.Current.CancellationToken);
            server.StartProgram("--interval=0", "--", "sleep", "1000");

            await server.LineAsync("starting new worker");
            server.Signal(Libc.SignalTerminate);

            Assert.Equal(0, await server.ExitAsync());
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task A_folder_that_is_gone_takes_no_file_with_it()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        var socket = server.In("web.sock");
        server.Add("here/file", "");
        server.Start("--interval=0.2", $"--path={socket}", $"--dir={server.In("here")}");
        await server.ServingAsync(1);

        Directory.Delete(server.In("here"), recursive: true);
        server.Signal(Libc.SignalHangUp);
        await server.LineAsync("new worker seems to have failed to start");
        var isAllThere = File.Exists(socket) && File.Exists(server.PidFile) && File.Exists(server.StatusFile);
        server.Add("here/file", "");
        await server.LineAsync("old worker");

        Assert.True(isAllThere);
    }

    [Fact(Timeout = 180_000)]
    public async Task Restarts_come_by_themselves_if_asked_for_even_while_it_runs()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        Directory.CreateDirectory(server.In("env"));
        server.Start("--interval=0.2", $"--envdir={server.In("env")}");
        await server.ServingAsync(1);

        server.Add("env/KILL_OLD_DELAY", "0\n");
        server.Add("env/AUTO_RESTART_INTERVAL", "3\n");
        server.Add("env/ENABLE_AUTO_RESTART", "1\n");
        server.Signal(Libc.SignalHangUp);
        await server.LineAsync("autorestart triggered (interval=3)");

        var note = await server.NoteAsync(3);
        Assert.Contains("AUTO_RESTART_INTERVAL=3\n", note, StringComparison.Ordinal);
    }

    private static async Task<int> WorkerAsync(StartServer server, int generation)
    {
        var note = await server.NoteAsync(generation);
        return int.Parse(note.Trim().Split("PID=")[^1], CultureInfo.InvariantCulture);
    }
}
