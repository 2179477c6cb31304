using Slipway.Agent.Deployments;
using Slipway.Agent.Runtimes.Self;
using Tests.Integration.Agent.Deployments;

namespace Tests.Integration.Agent.Runtimes;

/// <summary>
/// The agent's own upgrade, as its engine sees it: programs are scripts, and a restart is an engine begun anew.
/// </summary>
public sealed class SelfRuntimeTests : IAsyncLifetime
{
    private const string Good = """
        #!/bin/sh
        case $1 in
            build-info) echo "version   1.1.0" ;;
            validate) test "$2 $(basename "$3")" = "--config agent.json" ;;
            *) exit 9 ;;
        esac
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly WorkloadKey Self = new("slipway-agent", "production");

    private TaskCompletionSource _restart = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private EngineHost _host = null!;

    private SelfStore Store => new(_host.StateFolder);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await EngineHost.StartAsync();
        await BeginAnewAsync(slot: null);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_program_that_is_connected_stays()
    {
        var first = Agent(1, Good);
        await _host.AcceptAsync(first);
        await RestartWhenAskedAsync();
        var trial = await _host.StatusAsync(status => status.Detail.Contains("on trial", StringComparison.Ordinal));
        Assert.False(trial!.IsHealthy);
        _host.Engine.Connect();
        var end = await _host.EndOfAsync(first);

        Assert.Equal((DeploymentPhase.Committed, ""), (end.Phase, end.Detail));
        Assert.Equal("1Assigned 2Fetching 3Staging 4Starting 5Verifying 6Committed", _host.Phases(first));
        var state = Store.Load();
        Assert.Equal(("a", "1.1.0", null), (state.Current!.Slot, state.Current.Version, state.Trial));
        Assert.Equal(Good, await File.ReadAllTextAsync(Store.PathOf("a"), Token));
        var status = await _host.StatusAsync(status => status.IsHealthy);
        Assert.Equal(("1.1.0", Environment.ProcessId), (status!.RunningVersion, status.Pids.Single()));
    }

    [Fact]
    public async Task A_program_that_ends_before_it_is_connected_gives_way_and_says_so()
    {
        var first = Agent(1, Good);
        await _host.AcceptAsync(first);
        await RestartWhenAskedAsync();
        await RestartAsync();
        _host.Engine.Connect();
        var end = await _host.EndOfAsync(first);

        Assert.Equal((DeploymentPhase.Failed, FailureReason.UpgradeReverted), (end.Phase, end.Reason));
        Assert.Contains("the installed one runs again", end.Detail, StringComparison.Ordinal);
        var other = _host.Release(2, EngineHost.Server);
        await _host.AcceptAsync(first, other);
        Assert.Equal(DeploymentPhase.Committed, (await _host.EndOfAsync(other)).Phase);
    }

    [Fact]
    public async Task One_that_ends_again_and_again_after_it_had_stayed_gives_way_and_says_so()
    {
        var first = Agent(1, Good);
        await _host.AcceptAsync(first);
        await RestartWhenAskedAsync();
        _host.Engine.Connect();
        await _host.EndOfAsync(first);

        for (var start = 0; start < SelfPlanner.MostStarts; start++)
        {
            await RestartAsync();
            await _host.StatusAsync(status => status.RunningVersion == "1.1.0");
        }

        await RestartAsync();
        var status = await _host.StatusAsync(status => status.RunningVersion is null);

        Assert.Equal(
            "The agent of release 1.1.0 was started 5 times within 10 min and was never connected and well; "
                + "the installed one runs again.",
            status!.Detail);
        var second = Agent(2, Good);
        await _host.AcceptAsync(second);
        await RestartWhenAskedAsync();
        _host.Engine.Connect();
        Assert.Equal(DeploymentPhase.Committed, (await _host.EndOfAsync(second)).Phase);
        Assert.Null(Store.Load().Reverted);
    }

    [Fact]
    public async Task Starts_of_one_that_was_well_do_not_count()
    {
        var first = Agent(1, Good);
        await _host.AcceptAsync(first);
        await RestartWhenAskedAsync();
        _host.Engine.Connect();
        await _host.EndOfAsync(first);
        await RestartAsync();
        Assert.Equal(1, Store.Load().Starts);

        _host.Engine.Connect();

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (Store.Load().Starts > 0)
        {
            await timer.WaitForNextTickAsync(Token);
        }

        Assert.Equal("1.1.0", Store.Load().Current!.Version);
    }

    [Theory]
    [InlineData("#!/bin/sh\necho cannot; exit 1", "cannot")]
    [InlineData("#!/bin/sh\necho I am something else", "I am something else")]
    [InlineData("#!/bin/sh\ntest $1 = build-info && echo 'version 1' || { echo apps.x: unknown; exit 1; }", "apps.x")]
    [InlineData("\u007fELF and nothing else", "")]
    public async Task What_does_not_run_here_is_refused_before_anything_changes(string program, string output)
    {
        var first = Agent(1, program);
        await _host.AcceptAsync(first);

        var end = await _host.EndOfAsync(first);

        Assert.Equal((DeploymentPhase.Failed, FailureReason.PreflightFailed), (end.Phase, end.Reason));
        Assert.Contains(output, end.Output, StringComparison.Ordinal);
        Assert.False(_restart.Task.IsCompleted);
        Assert.Equal(SelfState.Empty, Store.Load());
    }

    [Fact]
    public async Task An_upgrade_and_other_deployments_keep_out_of_each_others_way()
    {
        var gate = Path.Combine(_host.StateFolder, "gate");
        var slow = _host.Release(1, EngineHost.Server, spec => spec with
        {
            Before = new(["sh", "-c", $"until [ -e {gate} ]; do sleep 0.02; done"], TimeSpan.FromMinutes(1)),
        });
        var impatient = Agent(2, Good, TimeSpan.FromMilliseconds(100));
        await _host.AcceptAsync(slow, impatient);
        var refused = await _host.EndOfAsync(impatient);
        Assert.Equal((DeploymentPhase.Failed, FailureReason.HostBusy), (refused.Phase, refused.Reason));

        var patient = Agent(3, Good);
        await _host.AcceptAsync(slow, patient);
        await File.WriteAllTextAsync(gate, "", Token);
        Assert.Equal(DeploymentPhase.Committed, (await _host.EndOfAsync(slow)).Phase);
        await _restart.Task.WaitAsync(Limit, Token);

        // On trial: nothing else is begun until that is over.
        var next = _host.Release(4, EngineHost.Server + "\n#4");
        await _host.AcceptAsync(next, patient);
        await RestartAsync();
        await _host.StatusAsync(status => status.Detail.Contains("on trial", StringComparison.Ordinal));
        Assert.Equal("", _host.Phases(next));
        _host.Engine.Connect();
        Assert.Equal(DeploymentPhase.Committed, (await _host.EndOfAsync(patient)).Phase);
        Assert.Equal(DeploymentPhase.Committed, (await _host.EndOfAsync(next)).Phase);
    }

    private Workload Agent(int generation, string program, TimeSpan? startTimeout = null) =>
        _host.Release(
            generation, EngineHost.Pack(tar => tar.WriteEntry(EngineHost.Entry("slipway-agent", program)))) with
        {
            Key = Self,
            Agent = new AgentSpec { StartTimeout = startTimeout ?? TimeSpan.FromMinutes(1) },
        };

    private async Task RestartWhenAskedAsync()
    {
        await _restart.Task.WaitAsync(Limit, Token);
        _restart = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await RestartAsync();
    }

    /// <summary>What the installed program does when it is started, and then the one that it has become.</summary>
    private Task RestartAsync()
    {
        var plan = SelfPlanner.Start(Store.Load(), TimeProvider.System.GetUtcNow());
        Store.Save(plan.State);
        return BeginAnewAsync(plan.Slot);
    }

    private Task BeginAnewAsync(string? slot) => _host.BeginAnewAsync(new SelfRuntime(
        EngineHost.Program,
        _host.StateFolder,
        slot,
        new(Path.Combine(_host.StateFolder, "agent.json"), () => _restart.TrySetResult())));
}
