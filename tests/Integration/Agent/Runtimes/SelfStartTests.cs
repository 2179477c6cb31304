using System.Diagnostics;
using Slipway.Agent.Runtimes.Self;
using Tests.Integration.Agent.Deployments;
using Tests.Integration.Agent.Supervisor;

namespace Tests.Integration.Agent.Runtimes;

/// <summary>The agent's real program, at its very start: the programs that it becomes are scripts.</summary>
public sealed class SelfStartTests
{
    private static readonly SelfProgram One = new("a", "deployment-1", "1.1.0", DateTimeOffset.UnixEpoch);
    private static readonly SelfProgram Two = new("b", "deployment-2", "1.2.0", DateTimeOffset.UnixEpoch);

    [Theory(Timeout = 120_000)]
    [InlineData(null, "I am a", "I am a")]
    [InlineData((int)SelfPhase.Trying, "I am a", "I am a")]
    [InlineData((int)SelfPhase.Switching, "I am a", "I am b")]
    public async Task On_a_full_disk_the_agent_that_has_shown_that_it_works_is_started(
        int? phase, string full, string free)
    {
        using var disk = SmallDisk.Mount();
        using var home = new TemporaryFolder();
        var config = home.In("agent.json");
        await File.WriteAllTextAsync(
            config, $$"""{ "state_dir": "{{disk.In("state")}}", "apps": {} }""", TestContext.Current.CancellationToken);
        var store = new SelfStore(disk.In("state"));
        store.Save(new()
        {
            Current = One,
            Trial = phase is { } trial ? new(Two, (SelfPhase)trial, TimeSpan.FromMinutes(1)) : null,
        });
        var script = home.In("script");
        await File.WriteAllTextAsync(
            script, "#!/bin/sh\necho I am $SLIPWAY_AGENT_SLOT\n", TestContext.Current.CancellationToken);
        store.Install("a", script);
        store.Install("b", script);

        disk.Fill();
        var (during, log) = await RunAsync(config);
        disk.Free();
        var (after, _) = await RunAsync(config);

        Assert.Equal((full, free), (during, after));
        Assert.Contains("state.json cannot be written", log, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_that_is_ended_in_order_is_not_taken_for_one_that_does_not_work()
    {
        using var home = new TemporaryFolder();
        var config = home.In("agent.json");
        await File.WriteAllTextAsync(
            config,
            $$"""{ "state_dir": "{{home.In("state")}}", "apps": {} }""",
            TestContext.Current.CancellationToken);
        var store = new SelfStore(home.In("state"));
        store.Save(new() { Current = One, Starts = 4, StartsSince = TimeProvider.System.GetUtcNow() });
        using var agent = Start(config, ("SLIPWAY_AGENT_SLOT", "a"));
        try
        {
            while (await agent.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line
                && !line.Contains(" runs with ", StringComparison.Ordinal))
            {
                // Until it can be asked to end.
            }

            SupervisorTests.Kill(agent.Id, "TERM");
            await agent.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await agent.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        finally
        {
            agent.Kill();
        }

        Assert.Equal((0, 0), (agent.ExitCode, store.Load().Starts));
    }

    [Fact(Timeout = 120_000)]
    public async Task One_that_refuses_its_configuration_is_not_taken_for_one_that_does_not_work()
    {
        using var home = new TemporaryFolder();
        var config = home.In("agent.json");
        await File.WriteAllTextAsync(
            config,
            $$"""{ "state_dir": "{{home.In("state")}}", "apps": { "lnik": {} } }""",
            TestContext.Current.CancellationToken);
        var store = new SelfStore(home.In("state"));
        store.Save(new() { Current = One, Starts = 4, StartsSince = TimeProvider.System.GetUtcNow() });

        var (_, log) = await RunAsync(config, ("SLIPWAY_AGENT_SLOT", "a"));

        Assert.Contains("apps.lnik", log, StringComparison.Ordinal);
        Assert.Equal(0, store.Load().Starts);
    }

    private static async Task<(string Output, string Log)> RunAsync(
        string config, params (string Name, string Value)[] variables)
    {
        using var agent = Start(config, variables);
        var output = agent.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var log = agent.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await agent.WaitForExitAsync(TestContext.Current.CancellationToken);
        return ((await output).Trim(), await log);
    }

    private static Process Start(string config, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo(EngineHost.Program, ["run", "--config", config])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }
}
