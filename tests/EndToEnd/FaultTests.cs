using System.Text.Json.Nodes;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

/// <summary>Any program can be killed at any moment: nothing stops serving, and the rollout still ends well.</summary>
public class FaultTests
{
    [Fact(Timeout = 300_000)]
    public async Task A_killed_agent_leaves_everything_running_and_the_next_one_adopts_it()
    {
        await using var scene = await Scene.StartAsync("starlet");
        await using var load = scene.StartLoad(keepAlive: false);
        var pids = await scene.PidsAsync();
        Assert.NotEmpty(pids);

        for (var round = 0; round < 3; round++)
        {
            scene.AgentProgram.Kill();
            await scene.AgentProgram.ExitAsync(TestContext.Current.CancellationToken);
            await scene.RestartAgentAsync();
            await scene.AgentConnectedAsync();
            Assert.Equal(pids, await scene.PidsAsync());
        }

        Assert.All(pids, pid => Assert.True(ProcessTable.IsAlive(pid)));
        await scene.ReleaseAsync("1.1.0");
        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
    }

    [Fact(Timeout = 300_000)]
    public async Task A_wedged_agent_holds_nothing_up_and_tells_later_what_crashed()
    {
        const string Program = "command: [";
        await using var scene = await Scene.StartAsync(
            "starlet",
            (Program, Program + """sh, -c, "echo said by $SLIPWAY_VERSION; exec \"$@\"", sh, """));
        var crashed = (await scene.PidsAsync()).Single();
        scene.AgentProgram.Freeze();

        Kill(crashed);
        while (!ProcessTable.Under(scene.Fleet.Root).Any(pid => pid != crashed && LeadsGeneration(pid)))
        {
            await Task.Delay(
                TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await using (var load = scene.StartLoad(keepAlive: false))
        {
            await load.AnsweredAsync("1.0.0", TestContext.Current.CancellationToken);
            var report = await load.StopAsync();
            Assert.True(report.Failed == 0, report.ToString());
        }

        scene.AgentProgram.Thaw();
        while ((await scene.PidsAsync()).Contains(crashed))
        {
            await Task.Delay(
                TimeSpan.FromMilliseconds(200), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        var end = await EndAsync();
        Assert.Equal("signalled", (string?)end["reason"]);
        Assert.Equal("Ended by signal KILL.", (string?)end["detail"]);
        Assert.Contains("said by 1.0.0", (string?)end["output"], StringComparison.Ordinal);
        await scene.ReleaseAsync("1.1.0");

        // How the only deployment's program ended, once that has arrived in the history.
        async Task<JsonNode> EndAsync()
        {
            while (true)
            {
                var history = await scene.Fleet.DeployctlAsync(TestContext.Current.CancellationToken, "history");
                if (history.Expect(0).Json.AsArray().Single()!["ends"]!.AsArray() is [var found])
                {
                    return found!;
                }

                await Task.Delay(
                    TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }

        static void Kill(int pid)
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            process.Kill();
        }

        // Neither the supervisor nor a worker: each generation begins a session.
        static bool LeadsGeneration(int pid)
        {
            try
            {
                return !File.ReadAllText($"/proc/{pid}/cmdline").Contains("\0supervisor\0", StringComparison.Ordinal)
                    && File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].Split(' ')[3] == $"{pid}";
            }
            catch (IOException)
            {
                return false; // Gone meanwhile.
            }
        }
    }

    [Theory(Timeout = 600_000)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task A_rollout_succeeds_though_programs_are_killed_in_the_midst_of_it(bool controlPlane, bool agent)
    {
        await using var scene = await Scene.StartAsync("starlet");
        await using var load = scene.StartLoad(keepAlive: false);

        // Later each time, from right after the push to about the rollout's end. An agent that stays waits longer
        // each time for a control plane that comes and goes, and so has fewer rounds.
        var rounds = agent ? 6 : 3;
        for (var round = 1; round <= rounds; round++)
        {
            var version = $"1.{round}.0";
            var rollout = await scene.PushAsync(version, await scene.PackAsync(version));
            await Task.Delay(
                TimeSpan.FromMilliseconds(600.0 / rounds * (round - 1)),
                TimeProvider.System,
                TestContext.Current.CancellationToken);
            if (controlPlane)
            {
                scene.ControlPlane.Kill();
                await scene.ControlPlane.ExitAsync(TestContext.Current.CancellationToken);
            }

            if (agent)
            {
                scene.AgentProgram.Kill();
                await scene.AgentProgram.ExitAsync(TestContext.Current.CancellationToken);
                await scene.RestartAgentAsync();
            }

            if (controlPlane)
            {
                await scene.RestartControlPlaneAsync();
            }

            (await scene.Fleet.WatchAsync(rollout, TestContext.Current.CancellationToken)).Expect(0);
            await load.AnsweredAsync(version, TestContext.Current.CancellationToken);
        }

        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
    }

    [Fact(Timeout = 900_000)]
    public async Task An_agent_killed_at_any_flush_of_its_files_ends_the_deployment_after_its_restart()
    {
        await using var scene = await Scene.StartAsync("starlet");
        await using var load = scene.StartLoad(keepAlive: false);

        var boundary = 1;
        for (var killed = true; killed && boundary <= 40; boundary++)
        {
            scene.AgentProgram.Terminate();
            await scene.AgentProgram.ExitAsync(TestContext.Current.CancellationToken);
            var version = $"1.{boundary}.0";
            var rollout = await scene.PushAsync(version, await scene.PackAsync(version));

            await scene.RestartAgentAsync(
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync",
                "-e", $"inject=fsync:signal=KILL:when={boundary}");
            var watching = scene.Fleet.WatchAsync(rollout, TestContext.Current.CancellationToken);
            var died = scene.AgentProgram.ExitAsync(TestContext.Current.CancellationToken);
            killed = await Task.WhenAny(watching, died) == died;
            if (killed)
            {
                await scene.RestartAgentAsync();
            }

            (await watching).Expect(0);
            await load.AnsweredAsync(version, TestContext.Current.CancellationToken);
        }

        Assert.InRange(boundary, 4, 40);
        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
    }
}
