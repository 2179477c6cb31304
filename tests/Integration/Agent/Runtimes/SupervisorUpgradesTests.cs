using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Agent.Deployments;
using Slipway.Agent.Runtimes.Server;
using Slipway.Agent.Supervisor.Upgrades;
using Tests.Integration.Agent.Deployments;
using Tests.Integration.Agent.Supervisor;

namespace Tests.Integration.Agent.Runtimes;

/// <summary>An agent of another version than its supervisors'; what it asks of them, and what not.</summary>
public sealed class SupervisorUpgradesTests
{
    private const string Version = "2.0.0+next";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task A_supervisor_that_cannot_follow_serves_on_and_is_reported()
    {
        await using var host = await EngineHost.StartAsync();
        await host.DeployAsync(host.Release(1, EngineHost.Server));
        var before = await host.AskAsync();
        var tries = Path.Combine(host.StateFolder, "tries");
        var program = Path.Combine(host.StateFolder, "next");
        await File.WriteAllTextAsync(
            program,
            $"#!/bin/sh\necho once >> {tries}\necho no room; exit 1\n",
            TestContext.Current.CancellationToken);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        await host.BeginAnewAsync(new ServerRuntime(program, TimeProvider.System, Version));
        await host.StatusAsync(status => status.IsHealthy);
        Assert.False(File.Exists(tries)); // An agent that has reached nobody may be one that does not work.
        host.Engine.Connect();
        var status = await host.StatusAsync(status => status.Detail.Length > 0);

        Assert.True(status!.IsHealthy);
        Assert.Equal(
            $"The supervisor keeps its program: upgrade to {program} refused: it cannot take over: no room",
            status.Detail);
        Assert.Equal(before, await host.AskAsync());
        for (var generation = 2; generation <= 4; generation++)
        {
            var report = await host.DeployAsync(host.Release(generation, EngineHost.Server));
            Assert.Equal(DeploymentPhase.Committed, report.Phase);
        }

        Assert.Equal(["once"], await File.ReadAllLinesAsync(tries, Cancellation));

        await host.BeginAnewAsync();
        host.Engine.Connect();
        await host.StatusAsync(status => status is { IsHealthy: true, Detail: "" });
    }

    [Fact(Timeout = 120_000)]
    public async Task While_one_supervisor_is_upgraded_the_others_wait_for_their_turn()
    {
        await using var one = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        await using var other = await SupervisedWorkload.StartAsync(TestContext.Current.CancellationToken);
        var program = one.Add("next", "#!/bin/sh\ntouch begun\nwhile [ ! -e end ]; do sleep 0.05; done\nexit 1\n");
        program = one.Add("in", $"#!/bin/sh\ncd {one.Release} && exec {program}\n");
        var upgrades = new SupervisorUpgrades(
            program, Version, TimeProvider.System, new Random(1), NullLogger.Instance);

        var first = upgrades.OfferAsync(one.Folder, Cancellation);
        while (!File.Exists(Path.Combine(one.Release, "begun")))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancellation);
        }

        var turn = await upgrades.OfferAsync(other.Folder, Cancellation);
        var waiting = await other.Client.StateAsync(Cancellation);
        one.Add("end", "");
        var pause = await first;
        var again = await upgrades.OfferAsync(one.Folder, Cancellation);

        Assert.Equal(UpgradePhase.None, waiting.Upgrade.Phase);
        Assert.InRange(turn, TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(2));
        Assert.InRange(pause, TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(90));
        Assert.InRange(again, TimeSpan.Zero, pause);
    }
}
