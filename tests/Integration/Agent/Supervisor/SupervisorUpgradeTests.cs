using System.Globalization;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Logs;
using Slipway.Agent.Supervisor;
using Slipway.Agent.Supervisor.Upgrades;
using Tests.Kit.Load;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>A supervisor exchanges its own program, and its children do not notice.</summary>
public sealed class SupervisorUpgradeTests
{
    private static readonly ListenSpec Web = new("web", "127.0.0.1:0", 0);
    private static readonly ReadinessSpec Alive = new(ReadinessKind.Alive) { AliveFor = TimeSpan.Zero };

    /// <summary>Serves, writes half lines, and ends with the code that it is asked for.</summary>
    private const string Program =
        """
        import os, signal, socket, threading, time
        from http.server import BaseHTTPRequestHandler, HTTPServer
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                body = os.environ['SLIPWAY_VERSION'].encode()
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *args):
                pass
        def speak():
            for i in range(1000000):
                os.write(1, b'%d-' % i)
                time.sleep(0.002)
                os.write(1, b'%d\n' % i)
        server = HTTPServer(('127.0.0.1', 0), Handler, bind_and_activate=False)
        server.socket = socket.socket(fileno=3)
        server.handle_error = lambda *_: None
        server.server_address = server.socket.getsockname()
        signal.signal(signal.SIGUSR1, lambda *_: os._exit(42))
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        threading.Thread(target=speak, daemon=True).start()
        server.serve_forever(0.05)
        """;

    private const string Go = "exec $REAL \"$@\"";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Children_sockets_output_and_exit_status_survive_upgrades_under_load()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var spec = AddProgram(workload);
        var before = await workload.DeployAsync("one", spec);
        await using var load = LoadGenerator.Start(
            new LoadOptions(await workload.AddressAsync()) { KeepAlive = false });
        await load.AnsweredAsync("1.0.0", Cancellation);
        var supervisor = (await workload.Client.StateAsync(Cancellation)).SupervisorPid;
        await UpgradeAsync(workload, AddWrapper(workload, "next-0", Go));
        var descriptors = await DescriptorsAsync(workload, _ => true);

        for (var i = 1; i <= 4; i++)
        {
            var program = AddWrapper(workload, $"next-{i}", Go);
            var state = await UpgradeAsync(workload, program);
            Assert.Equal((UpgradePhase.Upgraded, program), (state.Upgrade.Phase, state.Upgrade.Program));
            Assert.Equal(supervisor, state.SupervisorPid);
            Assert.Equal(before.Pid, state.Generations.Single().Pid);
        }

        await DescriptorsAsync(workload, now => now <= descriptors);
        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
        SupervisorTests.Kill(before.Pid, "USR1");
        var ended = await workload.UntilAsync("one", generation => generation.End != GenerationEnd.None);
        Assert.Equal("Exited with code 42.", ended.Detail);
        var again = await workload.UntilAsync(
            "one", generation => generation is { Phase: GenerationPhase.Current, Restarts: 1 });
        Assert.NotEqual(before.Pid, again.Pid);
        await workload.Client.ShutdownAsync(Cancellation);
        AssertWhole(workload);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("exit 1", "ended before it had taken over", false)]
    [InlineData("kill -KILL $$", "ended before it had taken over", false)]
    [InlineData("exec sleep 1000", "had not taken over within 10 s", false)]
    [InlineData(
        "exec strace -D -qq -o /dev/null -e trace=epoll_create1"
            + " -e inject=epoll_create1:error=ENOMEM:when=1 $REAL \"$@\"",
        "epoll_create1",
        true)]
    public async Task A_program_that_cannot_take_over_leads_back_to_the_one_before(
        string end, string why, bool isSameProcess)
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var before = await workload.DeployAsync("one", AddProgram(workload));
        await using var load = LoadGenerator.Start(
            new LoadOptions(await workload.AddressAsync()) { KeepAlive = false });
        await load.AnsweredAsync("1.0.0", Cancellation);
        var supervisor = (await workload.Client.StateAsync(Cancellation)).SupervisorPid;

        var state = await UpgradeAsync(workload, AddWrapper(workload, "broken", end));
        await workload.DeployAsync("two", AddProgram(workload) with { Version = "2.0.0" });
        await load.AnsweredAsync("2.0.0", Cancellation);
        var first = await workload.PhaseAsync("one", GenerationPhase.Ended);
        var report = await load.StopAsync();

        Assert.Equal(UpgradePhase.RolledBack, state.Upgrade.Phase);
        Assert.Contains(why, state.Upgrade.Detail, StringComparison.Ordinal);
        Assert.Equal(isSameProcess, supervisor == state.SupervisorPid);
        Assert.Equal(before.Pid, state.Generations.Single().Pid);
        Assert.Equal(GenerationEnd.None, first.End);
        Assert.True(report.Failed == 0, report.ToString());
        await workload.Client.ShutdownAsync(Cancellation);
        AssertWhole(workload);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("#!/bin/sh\necho no; exit 1", "it cannot take over: no")]
    [InlineData("#!/bin/sh\nexit 0", "it cannot take over: it did not say its version.")]
    [InlineData("#!/bin/sh\nsleep 1000", "it cannot take over: no answer within 5 s.")]
    [InlineData("#!/nowhere", "No such file or directory")]
    public async Task A_program_that_fails_the_check_changes_nothing(string program, string why)
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        await workload.DeployAsync("one", workload.Spec(["sleep", "1000"], Alive));
        var before = await workload.Client.StateAsync(Cancellation);

        var state = await UpgradeAsync(workload, workload.Add("bad", program));

        Assert.Equal(UpgradePhase.Refused, state.Upgrade.Phase);
        Assert.Contains(why, state.Upgrade.Detail, StringComparison.Ordinal);
        Assert.Equal(before.SupervisorPid, state.SupervisorPid);
        Assert.Equivalent(before.Generations, state.Generations, strict: true);
    }

    [Fact(Timeout = 120_000)]
    public async Task Generations_that_begin_finish_or_have_left_something_behind_go_on()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("slow", "#!/bin/sh\ntrap 'sleep 3; exit 7' TERM\nwhile :; do sleep 0.1; done");
        workload.Add("parent", "#!/bin/sh\nsetsid sh -c 'trap \"\" TERM; sleep 3' &\nsleep 1000");
        var notify = workload.Spec(["sleep", "1000"], new ReadinessSpec(ReadinessKind.Notify));
        var soon = Alive with { AliveFor = TimeSpan.FromSeconds(1) };
        await workload.DeployAsync("slow", workload.Spec(["./slow"], soon));
        await workload.DeployAsync("parent", workload.Spec(["./parent"], Alive));
        var starting = await workload.StartAsync("starting", notify);
        await workload.DeployAsync("ready", workload.Spec(["sleep", "1000"], Alive));
        await workload.StartAsync(
            "later", notify with { Server = notify.Server with { StartTimeout = TimeSpan.FromSeconds(5) } });

        var state = await UpgradeAsync(workload, AddWrapper(workload, "next", Go));

        Assert.Equal(UpgradePhase.Upgraded, state.Upgrade.Phase);
        Assert.Equal(GenerationPhase.Draining, state.Generations.Single(one => one.Ticket == "slow").Phase);
        var later = await workload.PhaseAsync("later", GenerationPhase.Failed);
        Assert.Equal(GenerationEnd.NotReady, later.End);
        var slow = await workload.PhaseAsync("slow", GenerationPhase.Ended);
        Assert.Equal("Exited with code 7.", slow.Detail);
        await workload.UntilAsync("starting", generation => generation.Pid == 0);
        Assert.True(ProcessTable.Read(starting.Pid) is null);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_probe_that_was_under_way_is_ended_and_begun_anew()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("probe", "#!/bin/sh\necho $$ >> probes\nexec sleep 1000\n");
        var probe = new ReadinessSpec(ReadinessKind.Exec) { Command = ["./probe"], Timeout = TimeSpan.FromMinutes(2) };
        var spec = workload.Spec(["sleep", "1000"], probe);
        await workload.StartAsync(
            "one", spec with { Server = spec.Server with { StartTimeout = TimeSpan.FromMinutes(2) } });
        var first = (await ProbesAsync(workload, 1))[0];

        await UpgradeAsync(workload, AddWrapper(workload, "next", Go));

        await ProbesAsync(workload, 2);
        while (ProcessTable.Read(first) is not null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>The processes of the probes so far, once there are so many.</summary>
    private static async Task<int[]> ProbesAsync(SupervisedWorkload workload, int number)
    {
        var file = Path.Combine(workload.Release, "probes");
        while (true)
        {
            if (File.Exists(file)
                && await File.ReadAllLinesAsync(file, Cancellation) is var lines && lines.Length >= number)
            {
                return [.. lines.Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        }
    }

    private static GenerationSpec AddProgram(SupervisedWorkload workload)
    {
        workload.Add("app.py", Program);
        return workload.Spec(["/usr/bin/python3", "app.py"], new ReadinessSpec(ReadinessKind.Http), Web);
    }

    /// <summary>A program that passes the check, and then does something else.</summary>
    private static string AddWrapper(SupervisedWorkload workload, string name, string then) => workload.Add(
        name,
        $"#!/bin/sh\nREAL={SupervisedWorkload.Program}\ncase \"$*\" in *--preflight*) {Go};; esac\n{then}\n");

    private static async Task<SupervisorState> UpgradeAsync(SupervisedWorkload workload, string program)
    {
        await workload.Client.UpgradeAsync(program, Cancellation);
        while (true)
        {
            var state = await workload.Client.StateAsync(Cancellation);
            if (state.Upgrade.Program == program && state.Upgrade.Phase != UpgradePhase.Checking)
            {
                return state;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>How many descriptors the supervisor has open, once that satisfies the condition.</summary>
    private static async Task<int> DescriptorsAsync(SupervisedWorkload workload, Func<int, bool> condition)
    {
        while (true)
        {
            var pid = (await workload.Client.StateAsync(Cancellation)).SupervisorPid;
            var number = Directory.GetFiles($"/proc/{pid}/fd").Length;
            if (condition(number))
            {
                return number;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation);
        }
    }

    /// <summary>Each line of the program is there, once and whole.</summary>
    private static void AssertWhole(SupervisedWorkload workload)
    {
        var lines = workload.ReadLog()
            .Where(line => line.Source is { Generation: 1, Stream: LogStream.Output })
            .Select(line => line.Text)
            .ToList();
        Assert.NotEmpty(lines);
        Assert.Equal(
            Enumerable.Range(0, lines.Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i}-{i}")),
            lines.Select((line, i) => i == lines.Count - 1 && line.EndsWith('-') ? $"{line}{i}" : line));
    }
}
