using System.Diagnostics;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;
using Tests.Kit.Load;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>Programs that stop to serve without ending, and the other ways to ask how they are.</summary>
public sealed class LivenessTests
{
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(50);
    private static readonly ListenSpec Web = new("web", "127.0.0.1:0", 0);

    private static readonly ReadinessSpec Alive =
        new(ReadinessKind.Alive) { AliveFor = TimeSpan.FromMilliseconds(50) };

    /// <summary>Serves as long as the file `sick` is not there; says when it was asked to finish.</summary>
    private const string Server =
        """
        import os, signal, socket, threading
        from http.server import BaseHTTPRequestHandler, HTTPServer
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                sick = self.path == '/healthz' and os.path.exists('sick') and open('sick').read() == str(os.getpid())
                body = os.environ['SLIPWAY_VERSION'].encode()
                self.send_response(500 if sick else 200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *args):
                pass
        server = HTTPServer(('127.0.0.1', 0), Handler, bind_and_activate=False)
        server.socket = socket.socket(fileno=3)
        server.server_address = server.socket.getsockname()
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever(0.05)
        """;

    /// <summary>What programs say with: `notify 'READY=1'`.</summary>
    private const string Notify =
        """
        use Socket;
        socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die;
        (my $name = $ENV{NOTIFY_SOCKET}) =~ s/^@/\0/;
        $| = 1;
        sub notify { send($s, join("\n", @_), 0, pack_sockaddr_un($name)) or die "send: $!" }
        """;

    [Fact(Timeout = 120_000)]
    public async Task A_program_that_answers_badly_is_replaced_without_a_failed_request()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("app.py", Server);
        var healthz = new ReadinessSpec(ReadinessKind.Http) { Path = "/healthz", Interval = Often };
        var spec = With(
            workload.Spec(["/usr/bin/python3", "app.py"], new ReadinessSpec(ReadinessKind.Http), Web), Live(healthz));
        var first = await workload.DeployAsync("one", spec with { Version = "one" });
        await using var load = LoadGenerator.Start(
            new LoadOptions(await workload.AddressAsync()) { KeepAlive = false });
        await load.AnsweredAsync("one", TestContext.Current.CancellationToken);

        workload.Add("sick", $"{first.Pid}");
        var sick = await workload.UntilAsync("one", generation => generation.IsUnhealthy);
        var fresh = await workload.PhaseAsync("one.r1", GenerationPhase.Current);
        await workload.PhaseAsync("one", GenerationPhase.Ended);
        var report = await load.StopAsync();

        Assert.Equal((GenerationPhase.Current, GenerationEnd.Unhealthy), (sick.Phase, sick.End));
        Assert.EndsWith("answered 500 (2 failures in a row).", sick.Detail, StringComparison.Ordinal);
        Assert.NotEqual(first.Pid, fresh.Pid);
        Assert.Equal(1, fresh.Restarts);
        Assert.True(report.Failed == 0, report.ToString());
    }

    [Fact(Timeout = 120_000)]
    public async Task A_hung_program_whose_successor_never_gets_ready_is_kept()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("check", "#!/bin/sh\n[ ! -e hung ] || { echo no pulse; exit 1; }\n");
        var spec = With(
            workload.Spec(["sh", "-c", "[ ! -e hung ] || exit 3; exec sleep 1000"], Alive),
            Live(new ReadinessSpec(ReadinessKind.Exec) { Command = ["./check"], Interval = Often }));
        var before = await workload.DeployAsync("one", spec);

        workload.Add("hung", "");
        var kept = await workload.UntilAsync(
            "one", generation => generation.Detail.Contains("did not become ready", StringComparison.Ordinal));

        Assert.Equal((GenerationPhase.Current, before.Pid, true), (kept.Phase, kept.Pid, kept.IsUnhealthy));
        Assert.StartsWith(
            "./check exited with code 1: no pulse (2 failures in a row).", kept.Detail, StringComparison.Ordinal);
        Assert.EndsWith("Exited with code 3.", kept.Detail, StringComparison.Ordinal);

        File.Delete(Path.Combine(workload.Release, "hung"));
        await workload.UntilAsync(
            "one", generation => generation is { IsUnhealthy: false } or { Phase: GenerationPhase.Ended });
    }

    [Fact(Timeout = 120_000)]
    public async Task A_program_that_stops_to_feed_its_watchdog_is_replaced()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add(
            "app.pl",
            Notify + """

            print "$ENV{WATCHDOG_USEC}\n";
            notify("READY=1", "STATUS=warm");
            until (-e "stuck.$$") { notify("WATCHDOG=1"); select(undef, undef, undef, 0.02); }
            sleep 1000;
            """);
        var spec = With(
            workload.Spec(["perl", "app.pl"], new ReadinessSpec(ReadinessKind.Notify)),
            new LivenessSpec(
                new ReadinessSpec(ReadinessKind.Watchdog), 1, TimeSpan.Zero, TimeSpan.FromMilliseconds(700)));
        var first = await workload.DeployAsync("one", spec);

        workload.Add($"stuck.{first.Pid}", "");
        var stuck = await workload.UntilAsync("one", generation => generation.IsUnhealthy);
        var fresh = await workload.PhaseAsync("one.r1", GenerationPhase.Current);

        Assert.Equal(GenerationEnd.Watchdog, stuck.End);
        Assert.Equal("The program did not say WATCHDOG=1 for 0.7 s.", stuck.Detail);
        Assert.Equal("700000\n", stuck.Output);
        Assert.NotEqual(first.Pid, fresh.Pid);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_slow_start_may_ask_for_more_time()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add(
            "slow.pl",
            Notify + """

            for (1 .. 8) { notify("EXTEND_TIMEOUT_USEC=600000"); select(undef, undef, undef, 0.2); }
            notify("READY=1");
            sleep 1000;
            """);
        var spec = workload.Spec(["perl", "slow.pl"], new ReadinessSpec(ReadinessKind.Notify));

        await workload.StartAsync(
            "one", spec with { Server = spec.Server with { StartTimeout = TimeSpan.FromMilliseconds(600) } });
        var ready = await workload.PhaseAsync("one", GenerationPhase.Ready, GenerationPhase.Failed);

        Assert.True(ready.Phase == GenerationPhase.Ready, ready.ToString());
        Assert.True(ready.ReadyAt - ready.StartedAt > TimeSpan.FromSeconds(1));
    }

    [Fact(Timeout = 120_000)]
    public async Task A_command_says_when_a_program_is_ready_with_its_environment_and_nothing_of_it_stays()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add(
            "check",
            """
            #!/bin/sh
            sleep 1000 &
            echo $! > left
            [ -e warm ] && exit 0
            touch warm
            echo "$COLOUR is cold"
            exit 4
            """);
        var probe = new ReadinessSpec(ReadinessKind.Exec) { Command = ["./check"], Interval = Often };
        var spec = workload.Spec(["sleep", "1000"], probe);
        spec = spec with { Environment = new Dictionary<string, string>(spec.Environment) { ["COLOUR"] = "blue" } };

        await workload.StartAsync("one", spec);
        var ready = await workload.PhaseAsync("one", GenerationPhase.Ready, GenerationPhase.Failed);
        var left = int.Parse(
            await File.ReadAllTextAsync(
                Path.Combine(workload.Release, "left"), TestContext.Current.CancellationToken),
            System.Globalization.CultureInfo.InvariantCulture);

        Assert.True(ready.Phase == GenerationPhase.Ready, ready.ToString());
        Assert.True(File.Exists(Path.Combine(workload.Release, "warm")));
        await GoneAsync(left);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_command_that_hangs_is_killed_with_its_group_and_its_words_are_told()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("check", "#!/bin/sh\nsleep 1000 &\necho $! >> left\necho waiting for godot\nwait\n");
        var probe = new ReadinessSpec(ReadinessKind.Exec)
        {
            Command = ["./check"],
            Interval = TimeSpan.FromSeconds(10),
            Timeout = TimeSpan.FromMilliseconds(500),
        };
        var spec = workload.Spec(["sleep", "1000"], probe);

        await workload.StartAsync(
            "one", spec with { Server = spec.Server with { StartTimeout = TimeSpan.FromSeconds(2) } });
        var failed = await workload.UntilAsync("one", generation => generation.Phase == GenerationPhase.Failed);

        Assert.Equal(GenerationEnd.NotReady, failed.End);
        Assert.Equal("Not ready within 2 s: ./check did not end within 0.5 s: waiting for godot", failed.Detail);
        foreach (var line in await File.ReadAllLinesAsync(
            Path.Combine(workload.Release, "left"), TestContext.Current.CancellationToken))
        {
            await GoneAsync(int.Parse(line, System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private static LivenessSpec Live(ReadinessSpec probe) => new(probe, 2, TimeSpan.Zero, TimeSpan.FromSeconds(30));

    private static GenerationSpec With(GenerationSpec spec, LivenessSpec liveness) =>
        spec with { Server = spec.Server with { Liveness = liveness } };

    private static async Task GoneAsync(int pid)
    {
        using var process = Libc.OpenProcess(pid);
        if (process is not null && ProcessTable.Read(pid) is { IsZombie: false })
        {
            using var poll = Process.GetProcessById(pid);
            await poll.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }
}
