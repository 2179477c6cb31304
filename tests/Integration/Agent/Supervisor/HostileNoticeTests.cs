using Slipway.Agent.Deployments;
using Slipway.Agent.Supervisor;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>Programs that say on their NOTIFY_SOCKET what nobody can want to hear.</summary>
public sealed class HostileNoticeTests
{
    private const string Notify =
        """
        import array, os, socket, time
        line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        line.connect('\0' + os.environ['NOTIFY_SOCKET'][1:])

        """;

    private static readonly ReadinessSpec Told = new(ReadinessKind.Notify);
    private static readonly ReadinessSpec Alive = new(ReadinessKind.Alive) { AliveFor = TimeSpan.Zero };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Descriptors_that_come_with_a_notice_are_not_kept()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add(
            "app.py",
            Notify
            + """
            sent = array.array('i', [os.open('app.py', os.O_RDONLY)] * 3)
            for _ in range(20):
                line.sendmsg([b'FDSTORE=1'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
            line.sendmsg([b'READY=1'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, sent)])
            time.sleep(1000)
            """);

        await workload.DeployAsync("app", workload.Spec(["/usr/bin/python3", "app.py"], Told));

        var supervisor = (await workload.Client.StateAsync(Cancellation)).SupervisorPid;
        var open = Directory.GetFiles($"/proc/{supervisor}/fd").Select(path => new FileInfo(path).LinkTarget);
        Assert.DoesNotContain(open, target => target?.EndsWith("app.py", StringComparison.Ordinal) == true);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("line.send(b'WATCHDOG_USEC=1')\ntime.sleep(1000)")]
    [InlineData("[os.fork() for _ in range(2)]\nwhile True: line.send(b'STATUS=still here')")]
    [InlineData("[os.fork() for _ in range(2)]\nwhile True: line.send(b'EXTEND_TIMEOUT_USEC=1000')")]
    public async Task Whatever_a_program_says_it_can_be_replaced(string script)
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add(
            "app.py",
            $"{Notify}line.send(b'READY=1')\nwhile not os.path.exists('begin'): time.sleep(0.01)\n{script}\n");
        var spec = workload.Spec(["/usr/bin/python3", "app.py"], Told);
        var watchdog = new LivenessSpec(
            new ReadinessSpec(ReadinessKind.Watchdog), Failures: 1, TimeSpan.Zero, Watchdog: TimeSpan.FromHours(1));
        await workload.DeployAsync("bad", spec with { Server = spec.Server with { Liveness = watchdog } });

        workload.Add("begin", "");
        await workload.DeployAsync("good", workload.Spec(["sleep", "1000"], Alive));

        await workload.UntilAsync("bad", generation => generation is { Phase: GenerationPhase.Ended, Pid: 0 });
    }
}
