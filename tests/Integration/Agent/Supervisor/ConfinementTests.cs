using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;
using Slipway.Shared.Rpc;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>As whom and within which limits programs run.</summary>
public sealed class ConfinementTests
{
    private const uint Nobody = 65534;

    private static readonly ReadinessSpec Alive =
        new(ReadinessKind.Alive) { AliveFor = TimeSpan.FromMilliseconds(100) };

    [Fact]
    public void Whoever_looks_an_account_up_gets_no_other_ones_number()
    {
        var (root, nobody) = (ConfinementCheck.IdentityOf("root")!, ConfinementCheck.IdentityOf("nobody")!);

        Parallel.For(0, 20_000, i =>
        {
            var wanted = i % 2 == 0 ? root : nobody;
            var found = ConfinementCheck.IdentityOf(i % 2 == 0 ? "root" : "nobody")!;
            Assert.Equal((wanted.User, wanted.Group), (found.User, found.Group));
        });
    }

    [Fact(Timeout = 90_000)]
    public async Task A_program_runs_as_its_user_within_its_limits()
    {
        Assert.SkipWhen(Libc.CurrentUser != 0, "Only root can start programs as others.");
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        File.SetUnixFileMode(workload.Release, (UnixFileMode)0b111_101_101);
        Directory.CreateDirectory(Path.Combine(workload.Release, "web", "public"));
        const string Tell = """
            id -u; id -g; id -G; umask; pwd; ulimit -n; ulimit -c; ulimit -v
            grep NoNewPrivs /proc/self/status; echo reopened > /dev/stdout; exec sleep 1000
            """;
        var confinement = new ConfinementSpec
        {
            User = "65534",
            Groups = ["12345", "daemon"],
            Umask = 0b000_010_111,
            WorkingDirectory = "web/public",
            ResourceLimits = new Dictionary<string, long> { ["nofile"] = 77, ["core"] = 0, ["as"] = 1L << 30 },
        };

        var running = await workload.DeployAsync("one", Confined(workload, ["sh", "-c", Tell], confinement));
        running = await workload.UntilAsync(
            "one", generation => generation.Output.Contains("reopened", StringComparison.Ordinal));

        Assert.Equal(
            [
                "65534", "12345", "12345 1", "0027", Path.Combine(workload.Release, "web/public"), "77", "0", "1048576",
                "NoNewPrivs:\t1", "reopened",
            ],
            running.Output.TrimEnd().Split('\n'));
        Assert.Equal(Nobody, OwnerOf(running.Pid));
    }

    [Fact(Timeout = 90_000)]
    public async Task A_user_brings_its_own_groups_and_may_keep_the_right_to_gain_more()
    {
        Assert.SkipWhen(Libc.CurrentUser != 0, "Only root can start programs as others.");
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        File.SetUnixFileMode(workload.Release, (UnixFileMode)0b111_101_101);
        const string Tell = "id -g; grep NoNewPrivs /proc/self/status; echo done; exec sleep 1000";

        await workload.DeployAsync("one", Confined(
            workload, ["sh", "-c", Tell], new ConfinementSpec { User = "daemon", NoNewPrivileges = false }));
        var running = await workload.UntilAsync(
            "one", generation => generation.Output.Contains("done", StringComparison.Ordinal));

        Assert.Equal(["1", "NoNewPrivs:\t0", "done"], running.Output.TrimEnd().Split('\n'));
    }

    [Fact(Timeout = 90_000)]
    public async Task What_the_user_may_not_enter_is_told()
    {
        Assert.SkipWhen(Libc.CurrentUser != 0, "Only root can start programs as others.");
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);

        await workload.StartAsync(
            "one", Confined(workload, ["sleep", "1000"], new ConfinementSpec { User = "daemon" }));
        var failed = await workload.PhaseAsync("one", GenerationPhase.Failed);

        Assert.Equal(GenerationEnd.ExecFailed, failed.End);
        Assert.Equal($"Cannot start sleep: chdir {workload.Release}: Permission denied.", failed.Detail);
    }

    [Theory(Timeout = 90_000)]
    [InlineData("no-such-user", null, null, "user: there is no user 'no-such-user'")]
    [InlineData(null, "no-such-group", null, "groups: there is no group 'no-such-group'")]
    [InlineData(null, null, "nowhere", "working_directory: the release has no folder nowhere;")]
    public async Task What_this_host_does_not_have_is_refused(
        string? user, string? group, string? folder, string message)
    {
        await using var workload = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);

        var confinement = new ConfinementSpec
        {
            User = user,
            Groups = group is null ? null : [group],
            WorkingDirectory = folder,
        };

        var refusal = await Assert.ThrowsAsync<ProblemException>(() => workload.Client.StartAsync(
            "one", Confined(workload, ["sleep", "1000"], confinement), TestContext.Current.CancellationToken));

        Assert.StartsWith($"server.{message}", refusal.Message, StringComparison.Ordinal);
    }

    private static GenerationSpec Confined(
        SupervisedWorkload workload, IReadOnlyList<string> command, ConfinementSpec confinement)
    {
        var spec = workload.Spec(command, Alive);
        return spec with { Server = spec.Server with { Confinement = confinement } };
    }

    private static uint OwnerOf(int pid) => uint.Parse(
        File.ReadLines($"/proc/{pid}/status").First(line => line.StartsWith("Uid:", StringComparison.Ordinal))
            .Split('\t')[1],
        System.Globalization.CultureInfo.InvariantCulture);
}
