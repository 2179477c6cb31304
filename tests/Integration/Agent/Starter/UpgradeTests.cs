using System.Globalization;
using System.Net;
using Slipway.Agent.Native;
using Tests.Integration.Agent.Supervisor;
using Tests.Kit.Load;
using Tests.Kit.Programs;
using ProcessTable = Tests.Kit.Programs.ProcessTable;

namespace Tests.Integration.Agent.Starter;

/// <summary>The program on disk was replaced, and USR2 makes start_server become the new one.</summary>
public sealed class UpgradeTests
{
    private const string Psgi =
        """
        my $generation = $ENV{SERVER_STARTER_GENERATION};
        sub { [200, ['Content-Type' => 'text/plain'], ["app $generation from $$"]] };
        """;

    private const string Original = StartServer.Original;
    private const string Go = "exec $REAL start-server \"$@\"";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task An_upgrade_under_load_fails_no_request_and_touches_no_worker()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        var app = server.Add("app.psgi", Psgi);
        var address = new IPEndPoint(IPAddress.Loopback, Fleet.FreePort());
        server.StartProgram(
            $"--port={address}", "--interval=0.5", "--",
            "plackup", "-s", "Starlet", "--max-workers", "2", "-E", "production", app);
        await server.ServingAsync(1);
        await using var load = LoadGenerator.Start(
            new LoadOptions(address) { KeepAlive = false, Pause = TimeSpan.FromMilliseconds(2) });
        await load.AnsweredAsync("1", Cancellation);
        var status = await File.ReadAllTextAsync(server.StatusFile, Cancellation);
        var words = await File.ReadAllTextAsync($"/proc/{server.Pid}/cmdline", Cancellation);

        for (var i = 1; i <= 3; i++)
        {
            var program = AddProgram(server, $"next-{i}");
            server.Install(program);
            server.Signal(Libc.SignalUser2);
            await server.UntilAsync(() => ProgramOf(server.Pid) == program, () => server.Output);
            await server.LinesAsync("upgraded to ", i);
            Assert.Equal(status, await File.ReadAllTextAsync(server.StatusFile, Cancellation));
            Assert.Equal($"{server.Pid}\n", await server.ReadPidAsync());
        }

        server.Signal(Libc.SignalHangUp);
        await load.AnsweredAsync("2", Cancellation);
        await server.ServingAsync(2);
        var report = await load.StopAsync();
        Assert.Equal(words, await File.ReadAllTextAsync($"/proc/{server.Pid}/cmdline", Cancellation));
        server.Signal(Libc.SignalTerminate);

        Assert.Equal(0, await server.ExitAsync());
        Assert.True(report.Failed == 0, $"{report}\n{server.Output}");
        Assert.Equal(2, report.Answers.Count);
        Assert.Contains("old worker " + status.Trim()[2..], server.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(server.PidFile) || File.Exists(server.StatusFile));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("#!/bin/sh\necho no; exit 1", "no")]
    [InlineData("#!/bin/sh\nexit 0", "it did not say its version.")]
    [InlineData("another machine's", "Exec format error")]
    [InlineData(null, "No such file or directory")]
    [InlineData(Original, "preflight")]
    public async Task What_cannot_take_over_is_refused_and_nothing_changes(string? program, string why)
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=0.2");
        await server.ServingAsync(1);

        server.Install(program switch
        {
            null => server.In("nowhere"),
            Original => Original,
            _ => server.Add("bad", program),
        });
        server.Signal(Libc.SignalUser2);
        var refusal = await server.LineAsync(" refused: ");
        server.Signal(Libc.SignalHangUp);
        await server.ServingAsync(2);
        server.Signal(Libc.SignalTerminate);

        Assert.Equal(0, await server.ExitAsync());
        Assert.Contains($"upgrade to {server.In("start_server")} refused", refusal, StringComparison.Ordinal);
        Assert.Contains(why, refusal, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("died unexpectedly", server.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task What_fails_while_it_takes_over_gives_everything_back()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=0.2");
        await server.ServingAsync(1);
        var status = await File.ReadAllTextAsync(server.StatusFile, Cancellation);

        server.Install(AddWrapper(
            server,
            "exec strace -D -qq -o /dev/null -e trace=epoll_create1"
                + " -e inject=epoll_create1:error=ENOMEM:when=1 $REAL start-server \"$@\""));
        server.Signal(Libc.SignalUser2);
        var rolledBack = await server.LineAsync(" rolled back: ");
        var after = await File.ReadAllTextAsync(server.StatusFile, Cancellation);
        server.Signal(Libc.SignalHangUp);
        await server.ServingAsync(2);
        server.Signal(Libc.SignalTerminate);

        Assert.Equal(0, await server.ExitAsync());
        Assert.Contains("epoll_create1", rolledBack, StringComparison.Ordinal);
        Assert.Equal(status, after);
    }

    [Theory(Timeout = 180_000)]
    [InlineData("exit 1", "ended before it had taken over")]
    [InlineData("kill -KILL $$", "ended before it had taken over")]
    [InlineData("exec sleep 1000", "had not taken over within 10 s")]
    public async Task What_dies_while_it_takes_over_leaves_the_program_before_in_another_process(
        string end, string why)
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        var path = server.In("web.sock");
        server.Add("given", "passed on");
        server.Add("seven", $"exec 7< {server.In("given")}; exec \"$@\" --interval=0.2 --path={path} "
            + $"--log-file={server.In("log")} -- {server.In("worker")}");
        server.StartBy("/bin/sh", server.In("seven"));
        await server.ServingAsync(1);
        var status = await File.ReadAllTextAsync(server.StatusFile, Cancellation);
        var socket = Libc.IdentifyFile(path);

        server.Install(AddWrapper(server, end));
        server.Signal(Libc.SignalUser2);
        await server.ExitAsync();
        await server.LogAsync(" rolled back: ");
        var pid = int.Parse(await server.ReadPidAsync(), CultureInfo.InvariantCulture);
        var after = await File.ReadAllTextAsync(server.StatusFile, Cancellation);
        (await server.ControlAsync("--restart", "--timeout=60")).Expect(0);
        await server.ServingAsync(2);
        var worker = (await File.ReadAllTextAsync(server.StatusFile, Cancellation)).Trim()[2..];
        var given = File.ResolveLinkTarget($"/proc/{worker}/fd/7", returnFinalTarget: false)?.FullName;
        var socketAfter = Libc.IdentifyFile(path);
        (await server.ControlAsync("--stop", "--timeout=60")).Expect(0);

        Assert.NotEqual(server.Pid, pid);
        Assert.Equal(status, after);
        Assert.Equal(server.In("given"), given);
        Assert.Equal(socket, socketAfter);
        Assert.False(ProcessTable.IsAlive(pid) || File.Exists(path) || File.Exists(server.PidFile));
        Assert.Contains(why, await server.LogAsync("exiting"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_restart_that_is_under_way_goes_on()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=2", "--kill-old-delay=4");
        await server.ServingAsync(1);
        server.Signal(Libc.SignalHangUp);
        await server.NoteAsync(2);
        server.Signal(Libc.SignalHangUp);

        server.Signal(Libc.SignalUser2);
        await server.LinesAsync("upgraded to ", 1);
        await server.LineAsync("sleeping 4 secs before killing old workers");
        server.Signal(Libc.SignalUser2);
        await server.LinesAsync("upgraded to ", 2);
        await server.ServingAsync(3);
        server.Signal(Libc.SignalTerminate);

        Assert.Equal(0, await server.ExitAsync());
        var lines = server.Output.Split('\n');
        Assert.Equal(3, lines.Count(line => line.StartsWith("starting new worker", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => line.StartsWith("sleeping", StringComparison.Ordinal)));
        Assert.Equal(2, lines.Count(line => line.StartsWith("old worker", StringComparison.Ordinal)));
    }

    [Fact(Timeout = 180_000)]
    public async Task Sockets_stay_also_while_there_is_no_worker()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        var path = server.In("web.sock");
        server.Add("fail.1", "");
        server.Start("--interval=3000", $"--path={path}");
        await server.LineAsync("seems to have failed to start");
        var socket = Libc.IdentifyFile(path);

        server.Signal(Libc.SignalUser2);
        await server.LineAsync("upgraded to ");
        server.Signal(Libc.SignalHangUp);
        var note = await server.NoteAsync(2);
        server.Signal(Libc.SignalTerminate);

        Assert.Equal(0, await server.ExitAsync());
        Assert.NotNull(socket);
        Assert.Contains($"SERVER_STARTER_PORT={path}=", note, StringComparison.Ordinal);
        Assert.DoesNotContain("removing existing socket", server.Output, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_daemon_keeps_its_log_command_its_envdir_and_its_timer()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Add("env/KILL_OLD_DELAY", "0");
        server.Add("env/ENABLE_AUTO_RESTART", "1");
        server.Add("env/AUTO_RESTART_INTERVAL", "5");
        var log = $"--log-file=| echo $$ > {server.In("logger")}; exec cat >> {server.In("log")}";
        (await server.DaemonizeAsync("--interval=0.2", log, $"--envdir={server.In("env")}")).Expect(0);
        var pid = int.Parse(await server.ReadPidAsync(), CultureInfo.InvariantCulture);
        var logger = int.Parse(await File.ReadAllTextAsync(server.In("logger"), Cancellation),
            CultureInfo.InvariantCulture);
        var program = AddProgram(server, "next");

        server.Install(program);
        server.Signal(Libc.SignalUser2, pid);
        await server.LogAsync("upgraded to ");
        var isSame = ProgramOf(pid) == program && ProcessTable.IsAlive(logger);
        await server.LogAsync("autorestart triggered (interval=5)");
        await server.NoteAsync(2);
        (await server.ControlAsync("--stop", "--timeout=60")).Expect(0);

        Assert.True(isSame);
        await server.LogAsync("exiting");
        await server.UntilAsync(() => !ProcessTable.IsAlive(logger), () => "the log's command lives on");
    }

    [Fact(Timeout = 180_000)]
    public async Task Signals_that_come_during_the_exchange_are_heard_after_it()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=0.2");
        await server.ServingAsync(1);
        var (begun, go) = (server.In("begun"), server.In("go"));
        server.Install(server.Add(
            "wrapper",
            $"""
            #!/usr/bin/python3
            import os, sys, time
            if '--preflight' not in sys.argv:
                open('{begun}', 'w').close()
                while not os.path.exists('{go}'):
                    time.sleep(0.01)
            os.execv('{SupervisedWorkload.Program}', ['start_server'] + sys.argv[1:])
            """));

        server.Signal(Libc.SignalUser2);
        await server.UntilAsync(() => File.Exists(begun), () => server.Output);
        server.Signal(Libc.SignalHangUp);
        await File.WriteAllTextAsync(go, "", Cancellation);
        await server.ServingAsync(2);

        server.Signal(Libc.SignalTerminate);
        Assert.Equal(0, await server.ExitAsync());
        Assert.Contains("upgraded to ", server.Output, StringComparison.Ordinal);
    }

    private static string ProgramOf(int pid) =>
        File.ResolveLinkTarget($"/proc/{pid}/exe", returnFinalTarget: false)!.FullName;

    /// <summary>Another program of the same version.</summary>
    private static string AddProgram(StartServer server, string folder)
    {
        Directory.CreateDirectory(server.In(folder));
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.*"))
        {
            File.CreateSymbolicLink(Path.Combine(server.In(folder), Path.GetFileName(file)), file);
        }

        var program = Path.Combine(server.In(folder), Path.GetFileName(SupervisedWorkload.Program));
        File.Delete(program);
        File.Copy(SupervisedWorkload.Program, program);
        return program;
    }

    /// <summary>A program that passes the check, and then does something else.</summary>
    private static string AddWrapper(StartServer server, string then) => server.Add(
        "wrapper", $"#!/bin/sh\nREAL={SupervisedWorkload.Program}\ncase $1 in --preflight) {Go};; esac\n{then}\n");
}
