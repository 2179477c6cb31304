using System.Text.Json.Nodes;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

public class LogsTests
{
    private const string Booted = "Booting worker";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task What_a_program_says_is_read_on_its_host_and_from_afar_whatever_is_killed()
    {
        await using var scene = await Scene.StartAsync("gunicorn");
        await using var follower = Follow(scene);
        await follower.LineAsync(Booted, TestContext.Current.CancellationToken);

        // Its agent is gone: the host still tells, from afar it is named.
        scene.AgentProgram.Kill();
        await scene.AgentProgram.ExitAsync(TestContext.Current.CancellationToken);
        await follower.LineAsync("web-1 is offline since", TestContext.Current.CancellationToken);
        var near = TextsOf(await NearAsync(scene));
        (await FromAfarAsync(scene)).Expect(4);

        await scene.RestartAgentAsync();
        await scene.AgentConnectedAsync();
        scene.ControlPlane.Kill();
        await scene.ControlPlane.ExitAsync(TestContext.Current.CancellationToken);
        await scene.RestartControlPlaneAsync();
        await scene.ReleaseAsync("1.1.0");
        await follower.LineAsync("Z 2 ", TestContext.Current.CancellationToken);
        var afar = TextsOf((await FromAfarAsync(scene)).Expect(0));
        var lines = follower.Output.Split('\n').Where(line => line.Contains(Booted, StringComparison.Ordinal)).ToList();

        Assert.Contains(near, text => text.Contains(Booted, StringComparison.Ordinal));
        Assert.Equal(near, afar.Take(near.Count));
        Assert.Equal(lines.Distinct(), lines);
    }

    private static RunningProgram Follow(Scene scene) => RunningProgram.Start(
        Published.Deployctl,
        ["logs", scene.Application, "--environment", "production", "--follow"],
        new Dictionary<string, string>
        {
            ["SLIPWAY_CONFIG"] = Path.Join(scene.Fleet.Root, "contexts.json"),
            ["SLIPWAY_SERVER"] = scene.Fleet.Server,
            ["SLIPWAY_TOKEN_FILE"] = Path.Join(scene.Fleet.Root, "admin.token"),
        });

    private static async Task<ProgramResult> NearAsync(Scene scene)
    {
        var config = Path.Join(scene.Fleet.Root, $"{Scene.Agent}.json");
        string[] arguments = ["logs", scene.Application, "--config", config, "--lines", "1000", "--output", "json"];
        var result = await ProgramResult.RunAsync(
            Published.Agent, arguments, new Dictionary<string, string>(), Cancellation);
        return result.Expect(0);
    }

    private static Task<ProgramResult> FromAfarAsync(Scene scene) => scene.Fleet.DeployctlAsync(
        Cancellation, "logs", scene.Application, "--environment", "production", "--lines", "1000");

    private static List<string> TextsOf(ProgramResult result) =>
    [
        .. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => (string)JsonNode.Parse(line)!["text"]!),
    ];
}
