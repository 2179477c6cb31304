using System.Text.Json.Nodes;
using Slipway.ControlPlane.Environments;
using Tests.Integration.ControlPlane;
using Tests.Integration.ControlPlane.Registry;
using Tests.Integration.ControlPlane.Rollouts;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.Deployctl;

/// <summary>What somebody at a terminal sees of rollouts: real connections, agents that only pretend.</summary>
public class RolloutTests
{
    private static CancellationToken Ended => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_watched_rollout_ends_with_its_outcome_and_is_remembered()
    {
        await using var host = await StartAsync();
        using var admin = Operator.Of(host);
        await using var agent = await ConnectAsync(host, _ => V1.DeploymentPhase.Committed);

        var watched = await admin.DoAsync(
            "rollout", "start", "shop", "-e", "production", "--version", "1.0.0", "--watch", "--timeout", "30s");

        Assert.Contains("shop/production: nothing -> 1.0.0", watched, StringComparison.Ordinal);
        Assert.Contains("succeeded, 1/1 done", watched, StringComparison.Ordinal);
        var id = (await admin.DoAsync("rollout", "list", "--state", "succeeded", "-q")).Trim();
        Assert.Equal("", await admin.DoAsync("rollout", "list", "--state", "running", "-q"));
        var status = await admin.DoAsync("rollout", "status", "shop", "--environment", "production");
        Assert.StartsWith($"Rollout {id}  shop/production", status, StringComparison.Ordinal);
        var history = JsonNode.Parse(await admin.DoAsync("history", "--application", "shop", "-o", "json"))!.AsArray();
        var deployment = Assert.Single(history)!;
        Assert.Equal("web-1", (string?)deployment["agent_name"]);
        Assert.Equal("committed", (string?)deployment["phase"]);
        Assert.Equal(id, (string?)deployment["rollout_id"]);
        Assert.Equal("", await admin.DoAsync("history", "--phase", "failed", "-q"));
        await agent.EndAsync((string)deployment["id"]!, 1, "no luck\n");
        await agent.HearAckAsync(1001);
        var listed = await admin.DoAsync("history", "--application", "shop");
        Assert.Matches(@"\d\dZ signalled", listed);
        var detail = await admin.DoAsync("history", (string)deployment["id"]!);
        Assert.Contains("no luck", detail, StringComparison.Ordinal);
        Assert.Contains("Ended by signal KILL.", detail, StringComparison.Ordinal);
        Assert.NotEqual("", await admin.DoAsync("history", "--rollout", id, "--since", "1h", "-q"));
    }

    [Fact]
    public async Task A_watched_rollout_that_fails_ends_with_ten()
    {
        await using var host = await StartAsync();
        using var admin = Operator.Of(host);
        await using var agent = await ConnectAsync(host, _ => V1.DeploymentPhase.Failed);

        var (exitCode, output, _) = await admin.RunAsync(
            "rollout", "start", "shop", "-e", "production", "--version", "1.0.0", "--watch", "--timeout", "30s");

        Assert.Equal(10, exitCode);
        Assert.Contains("It did not listen.", output, StringComparison.Ordinal);
        var failed = await admin.DoAsync("history", "--phase", "failed");
        Assert.Contains("web-1", failed, StringComparison.Ordinal);
        Assert.Contains("not_ready", failed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Abort_ends_a_rollout_once_and_who_watches_it_learns_so()
    {
        await using var host = await StartAsync();
        using var admin = Operator.Of(host);
        await using var agent = await ConnectAsync(
            host, workload => workload.Version == "1.0.0" ? V1.DeploymentPhase.Committed : null);
        await admin.DoAsync("rollout", "start", "shop", "-e", "production", "--version", "1.0.0", "--watch");
        var id = await StartRolloutAsync(admin, "2.0.0");

        var aborted = await admin.DoAsync("rollout", "abort", id, "--reason", "wrong one");

        Assert.StartsWith($"Rollout {id}: ", aborted, StringComparison.Ordinal);
        var (exitCode, output, _) = await admin.RunAsync("rollout", "status", id, "--watch", "--timeout", "30s");
        Assert.Equal(13, exitCode);
        Assert.Contains("wrong one", output, StringComparison.Ordinal);
        var (again, _, error) = await admin.RunAsync("rollout", "abort", id, "--reason", "once more", "-o", "json");
        Assert.Equal(4, again);
        Assert.Equal("ROLLOUT_ENDED", (string?)JsonNode.Parse(error)!["reason"]);
        Assert.Equal(3, (await admin.RunAsync("rollout", "status", Guid.NewGuid().ToString())).ExitCode);
    }

    [Fact]
    public async Task A_watch_that_may_not_take_longer_says_that_the_rollout_goes_on()
    {
        await using var host = await StartAsync();
        using var admin = Operator.Of(host);
        await using var agent = await ConnectAsync(host, _ => null);
        var id = await StartRolloutAsync(admin, "1.0.0");

        var (exitCode, _, error) = await admin.RunAsync("rollout", "status", id, "--watch", "--timeout", "1s");

        Assert.Equal(124, exitCode);
        Assert.Contains($"rollout {id} goes on", error, StringComparison.Ordinal);
        Assert.Equal("running\n", await admin.DoAsync("rollout", "status", id, "-q"));
    }

    [Fact]
    public async Task A_watch_that_is_interrupted_says_that_the_rollout_goes_on()
    {
        await using var host = await StartAsync();
        using var admin = Operator.Of(host);
        await using var agent = await ConnectAsync(host, _ => null);
        var id = await StartRolloutAsync(admin, "1.0.0");
        using var controlC = CancellationTokenSource.CreateLinkedTokenSource(Ended);

        var (exitCode, _, error) = await admin.RunAsync(
            ["rollout", "status", id, "--watch"], controlC.Token, output: new InterruptingWriter(controlC));

        Assert.Equal(130, exitCode);
        Assert.Contains($"rollout {id} goes on", error, StringComparison.Ordinal);
        Assert.Contains(await admin.DoAsync("rollout", "status", id, "-q"), (string[])["pending\n", "running\n"]);
    }

    private static async Task<ControlPlaneHost> StartAsync()
    {
        var host = await ControlPlaneHost.StartAsync(Ended);
        await Catalog.AddAsync(host, new StrategySpec { ProgressDeadline = TimeSpan.FromSeconds(60) });
        await Catalog.ReleaseAsync(host, "1.0.0");
        await Catalog.ReleaseAsync(host, "2.0.0");
        return host;
    }

    private static async Task<SessionAgent> ConnectAsync(
        ControlPlaneHost host,
        Func<V1.Workload, V1.DeploymentPhase?> outcome)
    {
        var machine = await TestAgent.EnrollAsync(host, "web-1", Catalog.Labels);
        var agent = await SessionAgent.ConnectAsync(host, machine, prepare: agent => agent.Outcome = outcome);
        await agent.HearAsync(V1.ControlMessage.MessageOneofCase.Welcome);
        return agent;
    }

    private static async Task<string> StartRolloutAsync(Operator admin, string version)
    {
        var started = await admin.DoAsync(
            "rollout", "start", "shop", "-e", "production", "--version", version, "-q");
        return started.Trim();
    }
}
