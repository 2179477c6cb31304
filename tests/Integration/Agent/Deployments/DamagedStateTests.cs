using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;
using Tests.Integration.Agent.Supervisor;

namespace Tests.Integration.Agent.Deployments;

/// <summary>State files that nobody can read any more.</summary>
public sealed class DamagedStateTests : IAsyncLifetime
{
    private EngineHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await EngineHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_record_that_cannot_be_read_is_set_aside_and_what_runs_goes_on()
    {
        var first = _host.Release(1, EngineHost.Server);
        await _host.DeployAsync(first);
        var before = await _host.AskAsync();
        var record = Path.Combine(_host.WorkloadFolder, "workload.json");
        await File.WriteAllTextAsync(record, "{", TestContext.Current.CancellationToken);

        await _host.BeginAnewAsync();
        await _host.StatusAsync(status => status is { IsHealthy: true, Generation: 1 });
        var after = await _host.AskAsync();
        var end = await _host.DeployAsync(_host.Release(2, EngineHost.Server + "\n#2"));

        Assert.Equal(before, after);
        Assert.Equal("{", await File.ReadAllTextAsync(record + ".broken", TestContext.Current.CancellationToken));
        Assert.Equal(DeploymentPhase.Committed, end.Phase);
        Assert.Equal("1.2.0", (await _host.AskAsync()).Version);
    }

    [Fact]
    public async Task Why_a_supervisor_cannot_start_is_in_the_status()
    {
        await _host.DeployAsync(_host.Release(1, EngineHost.Server));
        var program = await _host.AskAsync();
        var supervisor = (await _host.Supervisor.StateAsync(TestContext.Current.CancellationToken)).SupervisorPid;
        var journal = Path.Combine(_host.WorkloadFolder, "supervisor", SupervisorJournal.FileName);

        await File.WriteAllTextAsync(journal, "{", TestContext.Current.CancellationToken);
        SupervisorTests.Kill(supervisor, "KILL");
        var status = await _host.StatusAsync(
            one => one.Detail.StartsWith("Release 1.1.0 could not be started again:", StringComparison.Ordinal));
        var lives = ProcessTable.Read(program.Pid) is { IsZombie: false };
        SupervisorTests.Kill(program.Pid, "KILL");
        await _host.StatusAsync(one => one.IsHealthy);

        Assert.Contains(journal, status!.Detail, StringComparison.Ordinal);
        Assert.Contains($"end the processes {program.Pid};", status.Detail, StringComparison.Ordinal);
        Assert.True(lives);
        Assert.True(File.Exists(journal + ".broken"));
        Assert.NotEqual(program.Pid, (await _host.AskAsync()).Pid);
    }
}
