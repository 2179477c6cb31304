using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Tests.Integration.Agent.Supervisor;

public sealed class SupervisorTests
{
    private static readonly ReadinessSpec Alive = new(ReadinessKind.Alive) { AliveFor = TimeSpan.FromMilliseconds(50) };
    private static readonly string[] Sleep = ["sleep", "1000"];

    [Fact(Timeout = 90_000)]
    public async Task A_generation_is_started_becomes_ready_and_is_promoted()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);

        await workload.StartAsync("one", workload.Spec(Sleep, Alive));
        var ready = await workload.PhaseAsync("one", GenerationPhase.Ready);
        await workload.Client.PromoteAsync("one", TestContext.Current.CancellationToken);
        var again = await workload.StartAsync("one", workload.Spec(Sleep, Alive));

        Assert.Equal(GenerationPhase.Current, again.Phase);
        Assert.Equal(ready.Pid, again.Pid);
        Assert.Equal(1, again.Number);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_program_that_ends_at_once_fails_with_its_code_and_output()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);

        await workload.StartAsync("bad", workload.Spec(["sh", "-c", "echo no database >&2; exit 3"], Alive));
        var failed = await workload.PhaseAsync("bad", GenerationPhase.Failed);

        Assert.Equal(GenerationEnd.Exited, failed.End);
        Assert.Equal("Exited with code 3.", failed.Detail);
        Assert.Equal("no database\n", failed.Output);
        Assert.Equal(0, failed.Pid);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_program_that_is_missing_or_no_program_fails_to_execute()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add("wrong", "#!/nowhere/interpreter\n");

        var missing = await workload.StartAsync("missing", workload.Spec(["bin/missing"], Alive));
        await workload.StartAsync("wrong", workload.Spec(["./wrong"], Alive));
        var wrong = await workload.PhaseAsync("wrong", GenerationPhase.Failed);

        Assert.Equal(GenerationEnd.ExecFailed, missing.End);
        Assert.Equal("Cannot execute bin/missing: No such file or directory.", missing.Detail);
        Assert.Equal(GenerationEnd.ExecFailed, wrong.End);
        Assert.Equal("Cannot execute ./wrong: No such file or directory.", wrong.Detail);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_current_program_that_crashes_is_started_again()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var first = await workload.DeployAsync("one", workload.Spec(Sleep, Alive));

        Kill(first.Pid, "KILL");
        var crashed = await workload.UntilAsync("one", generation => generation.End == GenerationEnd.Signalled);
        var second = await workload.UntilAsync(
            "one", generation => generation.Phase == GenerationPhase.Current && generation.Restarts == 1);

        Assert.Equal("Ended by signal KILL.", crashed.Detail);
        Assert.NotEqual(first.Pid, second.Pid);
        Assert.Equal(2, second.Number);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_program_that_ignores_TERM_is_killed_with_its_children()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add(
            "deaf",
            """
            #!/bin/sh
            trap '' TERM
            sh -c 'echo $$ > child; while :; do sleep 1; done' &
            while :; do sleep 1; done
            """);
        var spec = workload.Spec(["./deaf"], Alive with { AliveFor = TimeSpan.FromMilliseconds(500) });
        await workload.DeployAsync(
            "deaf", spec with { Server = spec.Server with { StopGrace = TimeSpan.FromMilliseconds(300) } });
        var child = int.Parse(
            await File.ReadAllTextAsync(Path.Combine(workload.Release, "child"), TestContext.Current.CancellationToken),
            System.Globalization.CultureInfo.InvariantCulture);

        await workload.DeployAsync("next", workload.Spec(Sleep, Alive));
        var ended = await workload.PhaseAsync("deaf", GenerationPhase.Ended);

        Assert.Equal(GenerationEnd.Killed, ended.End);
        Assert.True(ProcessTable.Read(child) is null or { IsZombie: true });
    }

    [Fact(Timeout = 90_000)]
    public async Task An_address_that_another_has_fails_before_anything_starts()
    {
        using var other = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        other.Start();
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);

        var failed = await workload.StartAsync(
            "one", workload.Spec(Sleep, Alive, new ListenSpec("web", other.LocalEndpoint.ToString()!, 0)));

        Assert.Equal(GenerationPhase.Failed, failed.Phase);
        Assert.Equal(GenerationEnd.AddressInUse, failed.End);
        Assert.Equal($"Cannot listen on {other.LocalEndpoint} (web): Address already in use.", failed.Detail);
    }

    [Fact(Timeout = 90_000)]
    public async Task A_program_says_READY_itself()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        workload.Add(
            "notify.pl",
            """
            use Socket;
            socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die;
            (my $name = $ENV{NOTIFY_SOCKET}) =~ s/^@/\0/;
            send($s, "STATUS=warm\nREADY=1", 0, pack_sockaddr_un($name)) or die "send: $!";
            sleep 1000;
            """);

        await workload.StartAsync("one", workload.Spec(["perl", "notify.pl"], new ReadinessSpec(ReadinessKind.Notify)));
        var ready = await workload.PhaseAsync("one", GenerationPhase.Ready, GenerationPhase.Failed);

        Assert.True(ready.Phase == GenerationPhase.Ready, ready.ToString());
    }

    [Fact(Timeout = 90_000)]
    public async Task A_program_that_never_becomes_ready_fails()
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var spec = workload.Spec(
            Sleep, new ReadinessSpec(ReadinessKind.Tcp), new ListenSpec("web", "127.0.0.1:0", 0));

        await workload.StartAsync(
            "one", spec with { Server = spec.Server with { StartTimeout = TimeSpan.FromSeconds(1) } });
        var failed = await workload.UntilAsync(
            "one", generation => generation.Phase == GenerationPhase.Failed && generation.Pid == 0);

        Assert.Equal(GenerationEnd.NotReady, failed.End);
        Assert.StartsWith("Not ready within 1 s", failed.Detail, StringComparison.Ordinal);
    }

    internal static void Kill(int pid, string signal)
    {
        using var kill = System.Diagnostics.Process.Start("kill", [$"-{signal}", $"{pid}"]);
        kill.WaitForExit();
    }
}
