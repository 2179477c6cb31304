using System.Globalization;
using System.Net;
using Slipway.Agent.Native;
using Tests.Kit.Load;
using Tests.Kit.Programs;
using ProcessTable = Tests.Kit.Programs.ProcessTable;

namespace Tests.Integration.Agent.Starter;

/// <summary>Where the original loses something, ours does not.</summary>
public sealed class HazardTests
{
    private const string Psgi =
        """
        my $generation = $ENV{SERVER_STARTER_GENERATION};
        sub { [200, ['Content-Type' => 'text/plain'], ["app $generation from $$"]] };
        """;

    [Fact(Timeout = 180_000)]
    public async Task A_Starlet_application_under_load_fails_no_request_through_restarts()
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
        await load.AnsweredAsync("1", TestContext.Current.CancellationToken);

        for (var generation = 2; generation <= 8; generation++)
        {
            server.Signal(Libc.SignalHangUp);
            await load.AnsweredAsync($"{generation}", TestContext.Current.CancellationToken);
            await server.ServingAsync(generation);
        }

        var report = await load.StopAsync();
        server.Signal(Libc.SignalTerminate);
        Assert.Equal(0, await server.ExitAsync());
        Assert.True(report.Failed == 0, $"{report}\n{server.Output}");
        Assert.Equal(8, report.Answers.Count);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_program_that_cannot_be_executed_takes_no_file_with_it()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        var socket = server.In("web.sock");
        server.Start("--interval=0.2", $"--path={socket}");
        await server.ServingAsync(1);
        var note = await server.NoteAsync(1);

        File.Move(server.In("worker"), server.In("gone"));
        server.Signal(Libc.SignalHangUp);
        await server.LineAsync("new worker seems to have failed to start, exit status:65280");
        var isAllThere = File.Exists(socket) && File.Exists(server.PidFile) && File.Exists(server.StatusFile);
        File.Move(server.In("gone"), server.In("worker"));
        await server.LineAsync("old worker");

        Assert.True(isAllThere);
        Assert.Contains("SERVER_STARTER_PORT=" + socket, note, StringComparison.Ordinal);
        server.Signal(Libc.SignalQuit);
        Assert.Equal(0, await server.ExitAsync());
        Assert.False(File.Exists(socket) || File.Exists(server.PidFile) || File.Exists(server.StatusFile));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_second_daemon_leaves_the_pid_file_of_the_first_alone()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=0.2");
        await server.ServingAsync(1);

        var second = await server.RunAsync("--", "sleep", "100");

        Assert.Equal(1, second.ExitCode);
        Assert.Contains($"start_server (pid:{server.Pid}) runs already", second.Error, StringComparison.Ordinal);
        Assert.Equal($"{server.Pid}\n", await server.ReadPidAsync());
    }

    [Fact(Timeout = 180_000)]
    public async Task A_pid_file_may_be_a_link()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        File.CreateSymbolicLink(server.PidFile, server.In("elsewhere"));
        server.Start("--interval=0.2");
        await server.ServingAsync(1);

        var pid = await server.ReadPidAsync();
        (await server.RunAsync("--stop", "--timeout=60")).Expect(0);

        Assert.Equal($"{server.Pid}\n", pid);
        Assert.Null(new FileInfo(server.PidFile).LinkTarget);
    }

    [Fact(Timeout = 180_000)]
    public async Task Restart_waits_for_the_attempt_that_succeeds_and_stop_for_the_end()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Add("fail.2", "");
        server.Start("--interval=3");
        await server.ServingAsync(1);

        (await server.RunAsync("--restart", "--timeout=30")).Expect(0);
        await server.ServingAsync(3);
        var stop = (await server.RunAsync("--stop", "--timeout=30", "--daemonize", "--", "prog")).Expect(0);
        var again = await server.RunAsync("--stop");

        Assert.Contains($"stopping now (pid:{server.Pid})", stop.Error, StringComparison.Ordinal);
        Assert.Equal(0, await server.ExitAsync());
        Assert.Equal(1, again.ExitCode);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_daemon_is_up_when_its_parent_returns_and_can_be_killed_and_started_again()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);

        (await server.DaemonizeAsync("--interval=0.2")).Expect(0);
        var first = await PidAsync(server);
        await server.ServingAsync(1);
        var name = await File.ReadAllTextAsync($"/proc/{first}/comm", Cancellation);
        server.Signal(Libc.SignalKill, first);
        await server.UntilAsync(() => !ProcessTable.IsAlive(first), () => "it lives");
        var worker = int.Parse(
            (await File.ReadAllTextAsync(server.StatusFile, Cancellation)).Trim()[2..], CultureInfo.InvariantCulture);
        var orphanLives = ProcessTable.IsAlive(worker);
        (await server.DaemonizeAsync("--interval=0.2")).Expect(0);
        var second = await PidAsync(server);
        (await server.RunAsync("--stop", "--timeout=30")).Expect(0);

        Assert.True(orphanLives);
        Assert.Equal("start_server\n", name);
        Assert.NotEqual(first, second);
        var log = await File.ReadAllTextAsync(server.In("log"), Cancellation);
        Assert.Contains("exiting", log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task Generations_of_a_daemon_that_was_killed_are_forgotten()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Add("status", "7:1\n8:2\n");
        server.Start("--interval=0.2");
        await server.ServingAsync(1);

        (await server.RunAsync("--restart", "--timeout=30")).Expect(0);

        await server.ServingAsync(2);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_daemon_whose_first_worker_fails_says_so()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Add("fail.1", "");

        var result = await server.DaemonizeAsync("--interval=3");
        await server.ServingAsync(2);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the worker ended with status 768", result.Error, StringComparison.Ordinal);
        (await server.RunAsync("--stop", "--timeout=30")).Expect(0);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_daemon_that_cannot_bind_says_so_where_it_was_started()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        using var taken = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var result = await server.DaemonizeAsync($"--port={taken.LocalEndpoint}");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("in use", result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(server.PidFile));
    }

    [Theory(Timeout = 180_000)]
    [InlineData("two sockets cannot both be at descriptor 4", "--port=127.0.0.1:0=4", "--port=127.0.0.1:0=4")]
    [InlineData("it is given twice", "--path=/tmp/same.sock", "--path=/tmp/same.sock")]
    [InlineData("needs a TCP socket", "--ready=tcp")]
    public async Task What_would_go_wrong_later_is_refused_at_once(string reason, params string[] options)
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);

        var result = await server.RunAsync([.. options, "--", server.In("worker")]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_variable_goes_when_its_file_goes()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Add("env/FROM_FILE", "1");
        server.Start("--interval=0.2", $"--envdir={server.In("env")}");
        await server.ServingAsync(1);
        var first = await server.NoteAsync(1);

        File.Delete(server.In("env/FROM_FILE"));
        server.Signal(Libc.SignalHangUp);
        await server.ServingAsync(2);

        Assert.Contains("FROM_FILE=1", first, StringComparison.Ordinal);
        Assert.DoesNotContain("FROM_FILE", await server.NoteAsync(2), StringComparison.Ordinal);
    }

    [Fact(Timeout = 180_000)]
    public async Task Sockets_of_systemd_are_taken_over_and_offered()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Add(
            "activate.py",
            """
            import os, socket, sys
            s = socket.socket()
            s.bind(('127.0.0.1', 0))
            s.listen()
            os.dup2(s.fileno(), 3)
            os.set_inheritable(3, True)
            os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='web')
            os.execv(sys.argv[1], sys.argv[1:] + ['--interval=0.2', '--listen-fds', '--', sys.argv[1][:-12] + 'worker'])
            """);
        server.StartBy("/usr/bin/python3", server.In("activate.py"));

        var note = await server.NoteAsync(1);

        Assert.Contains("LISTEN_FDS=1\n", note, StringComparison.Ordinal);
        Assert.Matches(@"SERVER_STARTER_PORT=127\.0\.0\.1:\d+=3\n", note);
        Assert.Matches(@"LISTEN_PID=(\d+)\n(.|\n)*PID=\1\n", note);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_worker_that_notifies_is_up_when_it_says_so()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Add(
            "notify.py",
            """
            import os, signal, socket, sys, time
            signal.signal(signal.SIGTERM, lambda *a: sys.exit(0))
            while not os.path.exists(os.environ['TEST_FOLDER'] + '/go'):
                time.sleep(0.01)
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            s.sendto(b'READY=1', '\0' + os.environ['NOTIFY_SOCKET'][1:])
            time.sleep(1000)
            """);
        server.StartProgram("--ready=notify", "--", "python3", server.In("notify.py"));
        await server.LineAsync("starting new worker");

        var isEarly = File.Exists(server.StatusFile);
        server.Add("go", "");
        await server.ServingAsync(1);

        Assert.False(isEarly);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_log_file_that_was_renamed_is_opened_anew()
    {
        await using var server = new StartServer(TestContext.Current.CancellationToken);
        server.Start("--interval=0.2", $"--log-file={server.In("log")}");
        await server.ServingAsync(1);

        File.Move(server.In("log"), server.In("log.1"));
        server.Signal(Libc.SignalUser1);
        await server.UntilAsync(() => File.Exists(server.In("log")), () => "no new log");
        server.Signal(Libc.SignalTerminate);
        await server.ExitAsync();

        var log = await File.ReadAllTextAsync(server.In("log"), Cancellation);
        Assert.Contains("exiting", log, StringComparison.Ordinal);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<int> PidAsync(StartServer server) =>
        int.Parse(await server.ReadPidAsync(), CultureInfo.InvariantCulture);
}
