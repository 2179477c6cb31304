using System.Text.Json.Nodes;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

/// <summary>The agents as an application, with the manifest of docs/operations.md.</summary>
public sealed class AgentUpgradeTests
{
    private const int RolloutFailed = 10;

    // What a service manager does for an agent, and no more.
    private const string Service = "while :; do \"$@\"; sleep 0.2; done";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task An_agent_becomes_what_is_rolled_out_and_goes_back_from_what_does_not_work()
    {
        await using var scene = await Scene.StartAsync("starlet");
        scene.AgentProgram.Terminate();
        await scene.AgentProgram.ExitAsync(TestContext.Current.CancellationToken);
        await scene.RestartAgentAsync("sh", "-c", Service, "service");
        await scene.AgentConnectedAsync();
        var releases = new AgentRelease(scene.Fleet.Root);
        var pids = await scene.PidsAsync();
        await using var load = scene.StartLoad(keepAlive: false);

        await ApplyAsync(scene, confirmTimeout: "2m");
        (await RolloutAsync(scene, "1.1.0", await releases.OfVersionAsync("1.1.0"))).Expect(0);
        Assert.StartsWith("1.1.0+", await AgentVersionAsync(scene), StringComparison.Ordinal);
        Assert.Equal(pids, await scene.PidsAsync());

        // The time that one that hangs, or does not connect, is given.
        await ApplyAsync(scene, confirmTimeout: "3s");
        var next = await releases.OfVersionAsync("1.2.0");
        foreach (var (version, program, reason) in await BadAsync(scene, releases, next))
        {
            (await RolloutAsync(scene, version, program)).Expect(RolloutFailed);
            Assert.Equal((version, reason), (version, await ReasonAsync(scene, version)));
            Assert.StartsWith("1.1.0+", await AgentVersionAsync(scene), StringComparison.Ordinal);
            Assert.Equal(pids, await scene.PidsAsync());
        }

        await ApplyAsync(scene, confirmTimeout: "2m");
        (await RolloutAsync(scene, "1.2.0", next)).Expect(0);
        Assert.StartsWith("1.2.0+", await AgentVersionAsync(scene), StringComparison.Ordinal);
        Assert.Equal(pids, await scene.PidsAsync());
        await scene.ReleaseAsync("2.0.0");
        await load.AnsweredAsync("2.0.0", Cancellation);
        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
    }

    /// <summary>Programs that are no agent, and agents that are not well.</summary>
    private static async Task<(string Version, string Program, string Reason)[]> BadAsync(
        Scene scene, AgentRelease releases, string next)
    {
        var lonely = Path.Join(scene.Fleet.Root, "lonely.json");
        var config = await File.ReadAllTextAsync(Path.Join(scene.Fleet.Root, $"{Scene.Agent}.json"), Cancellation);
        await File.WriteAllTextAsync(
            lonely,
            config.Replace(scene.Fleet.Server, $"https://127.0.0.1:{Fleet.FreePort()}", StringComparison.Ordinal),
            Cancellation);
        var foreign = await File.ReadAllBytesAsync(next, Cancellation);
        foreign[18] ^= 0xff; // The architecture.
        return
        [
            ("1.1.1", await releases.OfScriptAsync("exit 1"), "preflight_failed"),
            ("1.1.2", await releases.OfScriptAsync("echo hello"), "preflight_failed"),
            ("1.1.3", await releases.WriteAsync("foreign", foreign), "preflight_failed"),
            ("1.1.4", await OnceAsync("exit 1"), "upgrade_reverted"),
            ("1.1.5", await OnceAsync("exec sleep 600"), "upgrade_reverted"),
            ("1.1.6", await OnceAsync($"exec {next} run --config {lonely}"), "upgrade_reverted"),
        ];

        // As the good one until it is the agent.
        Task<string> OnceAsync(string run) =>
            releases.OfScriptAsync($"[ \"$1\" = run ] && {run}\nexec {next} \"$@\"");
    }

    private static async Task ApplyAsync(Scene scene, string confirmTimeout) =>
        await scene.Fleet.ApplyAsync(await AgentRelease.ManifestAsync(confirmTimeout), Cancellation);

    private static async Task<ProgramResult> RolloutAsync(Scene scene, string version, string program)
    {
        var archive = await new AgentRelease(scene.Fleet.Root).PackAsync(version, program);
        var rollout = await scene.Fleet.PushAsync("slipway-agent", version, $"any={archive}", Cancellation);
        return await scene.Fleet.WatchAsync(rollout, Cancellation);
    }

    private static async Task<string> ReasonAsync(Scene scene, string version)
    {
        var history = await scene.Fleet.DeployctlAsync(
            Cancellation, "history", "--application", "slipway-agent", "--version", version);
        return (string)Assert.Single(history.Expect(0).Json.AsArray())!["reason"]!;
    }

    private static async Task<string> AgentVersionAsync(Scene scene)
    {
        var agents = (await scene.Fleet.DeployctlAsync(Cancellation, "agent", "list")).Expect(0);
        return (string)Assert.Single<JsonNode?>(agents.Json.AsArray())!["agent_version"]!;
    }
}
