using System.Text;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Tests.Unit.Agent.Supervisor;

public class SupervisorTextTests
{
    private static readonly GenerationSpec Spec = new(
        "1.0.0",
        "/srv",
        new Dictionary<string, string> { ["PATH"] = "/bin", ["LISTEN_PID"] = "1" },
        new ServerSpec
        {
            Command = ["program"],
            Listen = [new ListenSpec("web", "8080", 0), new ListenSpec("any", "[::1]:0", 0)],
            Readiness = new ReadinessSpec(ReadinessKind.Http),
        });

    [Theory]
    [InlineData("8080", "0.0.0.0:8080")]
    [InlineData(":8080", "0.0.0.0:8080")]
    [InlineData("127.0.0.1:0", "127.0.0.1:0")]
    [InlineData("[::1]:443", "[::1]:443")]
    [InlineData("70000", null)]
    [InlineData("localhost:80", null)]
    [InlineData("1:80", null)]
    [InlineData("[127.0.0.1]:80", null)]
    [InlineData("::1:80", null)]
    [InlineData("127.0.0.1:", null)]
    [InlineData("", null)]
    [InlineData("udp:5353", "udp:0.0.0.0:5353")]
    [InlineData("udp:[::1]:5353", "udp:[::1]:5353")]
    [InlineData("udp:", null)]
    [InlineData("unix:/run/web.sock", "unix:/run/web.sock")]
    [InlineData("unix:web.sock", "unix:web.sock")]
    [InlineData("unix:@web", "unix:@web")]
    [InlineData("unix:@", null)]
    [InlineData("unix:", null)]
    public void An_address_is_a_number_or_both_or_a_path(string text, string? expected) =>
        Assert.Equal(expected, ListenAddress.Parse(text)?.ToString());

    [Theory]
    [InlineData(107, true)]
    [InlineData(108, false)]
    public void A_path_is_as_long_as_the_kernel_allows(int length, bool isFitting) =>
        Assert.Equal(isFitting, ListenAddress.Parse("unix:/" + new string('a', length - 1)) is not null);

    [Theory]
    [InlineData("1 (sh) S 7 1 5 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 42 0", 7, 5, 42)]
    [InlineData("1 (a) b) (c) S 7 1 5 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 42 0", 7, 5, 42)]
    public void A_process_may_be_called_anything(string line, int parent, int session, ulong start) =>
        Assert.Equal(new ProcessStat(1, 'S', parent, session, start), ProcessStat.Parse(Encoding.UTF8.GetBytes(line)));

    [Fact]
    public void A_notice_may_have_several_lines()
    {
        Assert.Equal(
            new NotifyMessage { IsReady = true, Status = "warm = 1" },
            NotifyMessage.Parse("STATUS=warm = 1\nREADY=1\n"));
        Assert.Equal(
            new NotifyMessage { IsStopping = true, Extension = TimeSpan.FromSeconds(2) },
            NotifyMessage.Parse("STOPPING=1\nEXTEND_TIMEOUT_USEC=2000000\nMAINPID=7"));
        Assert.Equal(
            new NotifyMessage { IsAlive = true, Watchdog = TimeSpan.FromMilliseconds(20) },
            NotifyMessage.Parse("WATCHDOG=1\nWATCHDOG_USEC=20000"));
        Assert.Equal(
            new NotifyMessage { Watchdog = TimeSpan.FromMilliseconds(10) }, NotifyMessage.Parse("WATCHDOG_USEC=1"));
        Assert.Equal(
            new NotifyMessage { IsTrigger = true },
            NotifyMessage.Parse("WATCHDOG=trigger\nWATCHDOG_USEC=0\nEXTEND_TIMEOUT_USEC=soon"));
    }

    [Fact]
    public void The_environment_is_what_the_spec_says_and_what_is_promised()
    {
        var generation = new Generation("a", Spec)
        {
            Number = 3,
            Phase = GenerationPhase.Starting,
            StartedAt = default,
        };

        var environment = ChildEnvironment.Build(
            generation, [ListenAddress.Parse("0.0.0.0:8080")!, ListenAddress.Parse("[::1]:4567")!], "name");

        Assert.Equal(
            [
                "LISTEN_FDNAMES=web:any",
                "LISTEN_FDS=2",
                "NOTIFY_SOCKET=@name",
                "PATH=/bin",
                "SERVER_STARTER_GENERATION=3",
                "SERVER_STARTER_PORT=8080=3;[::1]:4567=4",
                "SLIPWAY_VERSION=1.0.0",
            ],
            environment.Order());
    }

    [Fact]
    public void A_launch_order_reads_back_what_was_written()
    {
        var order = new LaunchOrder("/srv", "/bin/x", ["x", "", "ä\n"], ["A=1"], 2);

        using var stream = new MemoryStream(order.Write());
        var read = LaunchOrder.Read(stream);

        Assert.Equivalent(order, read, strict: true);
    }

    [Fact]
    public void A_spec_that_can_be_run_has_no_fault() => Assert.Null(SpecCheck.Find(Spec));

    [Fact]
    public void A_spec_that_cannot_be_run_is_told_by_field()
    {
        AssertFault("server.command:", Change(server => server with { Command = [] }));
        AssertFault("server.stop_signal:", Change(server => server with { StopSignal = "STOP" }));
        AssertFault("server.listen:", Change(server => server with { Listen = [new("a:b", "80", 0)] }));
        AssertFault("server.listen:", Change(server => server with { Listen = [new("a", "x", 0)] }));
        AssertFault(
            "server.listen:",
            Change(server => server with { Listen = [new("a", "80", 0), new("b", "0.0.0.0:80", 0)] }));
        AssertFault("server.readiness:", Change(server => server with { Listen = [] }));
        AssertFault("working_directory:", Spec with { WorkingDirectory = "srv" });
    }

    private static void AssertFault(string field, GenerationSpec spec) =>
        Assert.StartsWith(field, SpecCheck.Find(spec), StringComparison.Ordinal);

    private static GenerationSpec Change(Func<ServerSpec, ServerSpec> change) =>
        Spec with { Server = change(Spec.Server) };
}
