using System.Globalization;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;
using Tests.Kit.Load;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>What outlives what.</summary>
public sealed class SupervisorLifeTests
{
    private static readonly ListenSpec Web = new("web", "127.0.0.1:0", 0);

    /// <summary>Speaks without end, so that a broken pipe would kill it.</summary>
    private const string Talkative =
        """
        import os, signal, socket, threading
        from http.server import BaseHTTPRequestHandler, HTTPServer
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = os.environ['SLIPWAY_VERSION'].encode()
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *args):
                print('request', flush=True)
        server = HTTPServer(('127.0.0.1', 0), Handler, bind_and_activate=False)
        server.socket = socket.socket(fileno=3)
        server.server_address = server.socket.getsockname()
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever(0.05)
        """;

    [Fact(Timeout = 120_000)]
    public async Task A_killed_supervisor_leaves_its_programs_and_the_next_takes_them_over()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("app.py", Talkative);
        var spec = workload.Spec(["/usr/bin/python3", "app.py"], new ReadinessSpec(ReadinessKind.Http), Web);
        var before = await workload.DeployAsync("one", spec with { Version = "one" });
        var address = await workload.AddressAsync();
        var first = await workload.Client.StateAsync(TestContext.Current.CancellationToken);
        await using var load = LoadGenerator.Start(new LoadOptions(address) { KeepAlive = false });
        await load.AnsweredAsync("one", TestContext.Current.CancellationToken);

        SupervisorTests.Kill(first.SupervisorPid, "KILL");
        await load.AnsweredAsync("one", TestContext.Current.CancellationToken);
        workload.Client = await workload.EnsureRunningAsync(TestContext.Current.CancellationToken);
        var after = await workload.PhaseAsync("one", GenerationPhase.Current);
        var addressAfter = await workload.AddressAsync();
        await workload.DeployAsync("two", spec with { Version = "two" });
        await load.AnsweredAsync("two", TestContext.Current.CancellationToken);
        await workload.PhaseAsync("one", GenerationPhase.Ended);
        var report = await load.StopAsync();

        Assert.Equal(before.Pid, after.Pid);
        Assert.Equal(address, addressAfter);
        Assert.True(report.Failed == 0, report.ToString());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_program_that_died_with_its_supervisor_is_started_again()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var spec = workload.Spec(
            ["sleep", "1000"], new ReadinessSpec(ReadinessKind.Alive) { AliveFor = TimeSpan.Zero }, Web);
        var before = await workload.DeployAsync("one", spec);
        var state = await workload.Client.StateAsync(TestContext.Current.CancellationToken);

        SupervisorTests.Kill(state.SupervisorPid, "KILL");
        SupervisorTests.Kill(before.Pid, "KILL");
        workload.Client = await workload.EnsureRunningAsync(TestContext.Current.CancellationToken);
        var after = await workload.UntilAsync(
            "one", generation => generation is { Phase: GenerationPhase.Current, Pid: > 0 });

        Assert.NotEqual(before.Pid, after.Pid);
    }

    [Fact(Timeout = 120_000)]
    public async Task What_a_killed_supervisor_left_half_written_is_removed()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        await workload.Client.ShutdownAsync(TestContext.Current.CancellationToken);
        var half = Path.Combine(workload.Folder, $"{SupervisorJournal.FileName}.{int.MaxValue}.tmp");
        await File.WriteAllTextAsync(half, "{", TestContext.Current.CancellationToken);

        workload.Client = await workload.EnsureRunningAsync(TestContext.Current.CancellationToken);

        Assert.False(File.Exists(half));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_supervisors_own_log_does_not_grow_for_ever()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var log = Path.Combine(workload.Folder, SupervisorLog.Name);
        await File.AppendAllTextAsync(
            log, new string('x', 2 << 20) + "\n", TestContext.Current.CancellationToken);

        // What it has a word for.
        await workload.Client.UpgradeAsync("/nowhere", TestContext.Current.CancellationToken);
        while (!File.Exists(log + ".1") || !File.Exists(log) || new FileInfo(log).Length == 0)
        {
            await Task.Delay(
                TimeSpan.FromMilliseconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Contains(
            "xxx",
            await File.ReadAllTextAsync(log + ".1", TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        Assert.Contains(
            "/nowhere",
            await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken),
            StringComparison.Ordinal);

        await workload.Client.ShutdownAsync(TestContext.Current.CancellationToken);
        await File.AppendAllTextAsync(
            log, new string('y', 2 << 20) + "\n", TestContext.Current.CancellationToken);
        workload.Client = await workload.EnsureRunningAsync(TestContext.Current.CancellationToken);
        Assert.Contains(
            "yyy",
            await File.ReadAllTextAsync(log + ".1", TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        Assert.True(new FileInfo(log).Length < 1 << 20);
    }

    [Fact(Timeout = 120_000)]
    public async Task Two_who_start_one_at_the_same_time_get_the_same()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        await workload.Client.ShutdownAsync(TestContext.Current.CancellationToken);

        var clients = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => workload.EnsureRunningAsync(TestContext.Current.CancellationToken)));
        var states = await Task.WhenAll(
            clients.Select(client => client.StateAsync(TestContext.Current.CancellationToken)));

        Assert.Single(states.Select(state => state.SupervisorPid).Distinct());
        Assert.Equal(states[0].SupervisorPid, ProcessTable.Read(states[0].SupervisorPid)?.Session);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_program_gets_what_is_promised_and_nothing_else()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var alive = new ReadinessSpec(ReadinessKind.Alive) { AliveFor = TimeSpan.Zero };
        var admin = new ListenSpec("admin", "[::1]:0", 0);
        var one = await workload.DeployAsync("one", workload.Spec(["sleep", "1000"], alive, Web));
        await workload.StartAsync("two", workload.Spec(["sleep", "1000"], alive, admin, Web));
        var two = await workload.PhaseAsync("two", GenerationPhase.Ready);
        var state = await workload.Client.StateAsync(TestContext.Current.CancellationToken);
        var adminAddress = state.Listen.Single(listen => listen.Name == "admin").Address;
        var webAddress = state.Listen.Single(listen => listen.Name == "web").Address;

        Assert.Equal(["0", "1", "2", "3"], Descriptors(one.Pid));
        Assert.Equal(["0", "1", "2", "3", "4"], Descriptors(two.Pid));
        var processes = new ProcessTable();
        Assert.Equal(processes.SocketsOf(one.Pid).Single().Inode, processes.SocketsOf(two.Pid)[^1].Inode);
        Assert.Equal("/dev/null", new FileInfo($"/proc/{two.Pid}/fd/0").LinkTarget);
        Assert.Equal(
            [
                "LISTEN_FDNAMES=admin:web",
                "LISTEN_FDS=2",
                $"LISTEN_PID={two.Pid}",
                "NOTIFY_SOCKET=@slipway-*",
                "PATH=/usr/bin:/bin",
                "SERVER_STARTER_GENERATION=2",
                $"SERVER_STARTER_PORT={adminAddress}=3;{webAddress}=4",
                "SLIPWAY_VERSION=1.0.0",
            ],
            Environment(two.Pid));
        Assert.Equal(two.Pid, ProcessTable.Read(two.Pid)?.Session);
        var status = await File.ReadAllLinesAsync(
            $"/proc/{two.Pid}/status", TestContext.Current.CancellationToken);
        var limits = await File.ReadAllTextAsync(
            $"/proc/{two.Pid}/limits", TestContext.Current.CancellationToken);
        Assert.Contains("SigBlk:\t0000000000000000", status);
        Assert.Equal(0, SignalsOf(status, "SigIgn:") & 0x7FFFFFFF);
        Assert.Equal(0, SignalsOf(status, "SigCgt:"));
        Assert.Matches("Max open files +1024 ", limits);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_request_that_cannot_be_run_is_refused_with_field_and_remedy()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var spec = workload.Spec(["sleep", "1"], new ReadinessSpec(ReadinessKind.Tcp));

        var refusal = await Assert.ThrowsAsync<Slipway.Shared.Rpc.ProblemException>(
            () => workload.Client.StartAsync("one", spec, TestContext.Current.CancellationToken));

        Assert.Equal("SUPERVISOR_REFUSED", refusal.Problem.Reason);
        Assert.Equal(
            "server.readiness: there is no socket '' to probe; name one of server.listen.", refusal.Message);
    }

    private static long SignalsOf(string[] status, string key) => long.Parse(
        status.Single(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..].Trim(),
        NumberStyles.HexNumber,
        CultureInfo.InvariantCulture);

    private static string[] Descriptors(int pid) =>
        [.. Directory.GetFiles($"/proc/{pid}/fd").Select(path => Path.GetFileName(path)).Order()];

    private static IEnumerable<string> Environment(int pid) =>
        File.ReadAllText($"/proc/{pid}/environ").TrimEnd('\0').Split('\0').Order()
            .Select(entry => entry.StartsWith("NOTIFY_SOCKET=@slipway-", StringComparison.Ordinal)
                ? "NOTIFY_SOCKET=@slipway-*"
                : entry);
}
