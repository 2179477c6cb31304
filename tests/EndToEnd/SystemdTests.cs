using System.Net;
using System.Text.Json.Nodes;
using Tests.Kit.Load;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

/// <summary>The units of deploy/systemd, installed by deploy/install.sh and run by the real systemd.</summary>
public sealed class SystemdTests : IAsyncLifetime
{
    private const int RolloutFailed = 10;
    private const string AgentUnit = "slipway-agent.service";
    private const string ControlPlaneUnit = "slipway-control-plane.service";
    private const StringComparison Exactly = StringComparison.Ordinal;
    private readonly string _root = Directory.CreateTempSubdirectory("slipway-host-").FullName;
    private readonly IPEndPoint _address = new(IPAddress.Loopback, Fleet.FreePort());
    private readonly int _port = Fleet.FreePort();
    private SystemdHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        // The control plane runs as a user of its own, whom the folders must let through.
        File.SetUnixFileMode(_root, (UnixFileMode)0b111_101_101);
        _host = await SystemdHost.BootAsync(_root, Cancellation);
        try
        {
            await ConfigureControlPlaneAsync();
            await InstallAsync(ControlPlaneUnit);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Theory(Timeout = 120_000)]
    [InlineData(AgentUnit)]
    [InlineData(ControlPlaneUnit)]
    public async Task A_unit_is_what_systemd_understands(string unit)
    {
        await _host.RunAsync(
            TestContext.Current.CancellationToken, $"{SystemdHost.Source}/deploy/install.sh", "agent");

        var verified = await _host.TryAsync(
            TestContext.Current.CancellationToken,
            "systemd-analyze", "verify", "--recursive-errors=no", $"/usr/local/lib/systemd/system/{unit}");

        Assert.True(verified is { ExitCode: 0, Error: "" }, verified.Error);
    }

    [Fact(Timeout = 240_000)]
    public async Task Applications_notice_neither_a_restarted_nor_a_killed_nor_a_stuck_agent()
    {
        await DropInAsync(AgentUnit, "[Service]\nWatchdogSec=2\n");
        await DeployAsync();
        var pids = await PidsAsync();
        await using var load = LoadGenerator.Start(new LoadOptions(_address) { Connections = 2 });

        await _host.RunAsync(TestContext.Current.CancellationToken, "systemctl", "restart", AgentUnit);
        await _host.RunAsync(TestContext.Current.CancellationToken, "systemctl", "reload", AgentUnit);
        Assert.Equal(pids, await PidsAsync());

        foreach (var signal in (string[])["KILL", "STOP"])
        {
            var before = await ShowAsync(AgentUnit, "MainPID");
            await _host.RunAsync(
                TestContext.Current.CancellationToken,
                "systemctl", "kill", "--kill-who=main", "-s", signal, AgentUnit);
            await UntilAsync(async () => await ShowAsync(AgentUnit, "MainPID") != before
                && await ShowAsync(AgentUnit, "ActiveState") == "active");
            Assert.Equal(pids, await PidsAsync());
        }

        await ReleaseAsync("1.1.0");
        await load.AnsweredAsync("1.1.0", TestContext.Current.CancellationToken);
        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
    }

    [Fact(Timeout = 300_000)]
    public async Task An_agent_that_is_rolled_out_runs_under_its_unit_and_one_that_hangs_does_not_stay()
    {
        await DeployAsync();
        var pids = await PidsAsync();
        var agents = new AgentRelease(_root);
        await using var load = LoadGenerator.Start(new LoadOptions(_address) { Connections = 2 });

        var upgraded = await UpgradeAsync(agents, "1.1.0", await agents.OfVersionAsync("1.1.0"), "2m");
        upgraded.Expect(0);
        var program = await ProgramAsync();
        Assert.EndsWith("/program/a/slipway-agent", program, StringComparison.Ordinal);

        var hangs = await agents.OfScriptAsync(
            "[ \"$1\" = run ] && exec sleep 600\nexec /usr/local/bin/slipway-agent \"$@\"");
        (await UpgradeAsync(agents, "1.2.0", hangs, "3s")).Expect(RolloutFailed);
        await load.AnsweredAsync("1.0.0", TestContext.Current.CancellationToken);
        Assert.Equal(program, await ProgramAsync());
        Assert.Equal(pids, await PidsAsync());
        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
    }

    [Fact(Timeout = 240_000)]
    public async Task A_host_that_boots_again_serves_what_it_served_before_without_a_control_plane()
    {
        await DeployAsync();
        await _host.RunAsync(TestContext.Current.CancellationToken, "systemctl", "disable", ControlPlaneUnit);

        await _host.DisposeAsync();
        Assert.Equal("", await TryAskAsync());
        _host = await SystemdHost.BootAsync(_root, TestContext.Current.CancellationToken);

        var answer = "";
        await UntilAsync(async () => (answer = await TryAskAsync()).Length > 0);
        Assert.Contains("1.0.0", answer, StringComparison.Ordinal);
        Assert.Equal("inactive", await ShowAsync(ControlPlaneUnit, "ActiveState"));
    }

    [Fact(Timeout = 240_000)]
    public async Task The_control_plane_serves_from_the_moment_its_unit_is_started_and_again_after_it_was_killed()
    {
        (await DeployctlAsync("agent", "list")).Expect(0);
        Assert.Equal("slipway", await ShowAsync(ControlPlaneUnit, "User"));
        var before = await ShowAsync(ControlPlaneUnit, "MainPID");

        await _host.RunAsync(
            TestContext.Current.CancellationToken, "systemctl", "kill", "-s", "KILL", ControlPlaneUnit);
        await UntilAsync(async () => await ShowAsync(ControlPlaneUnit, "MainPID") != before
            && await ShowAsync(ControlPlaneUnit, "ActiveState") == "active");

        (await DeployctlAsync("agent", "list")).Expect(0);
    }

    /// <summary>Does what docs/operations.md says, up to and with the line that starts the unit.</summary>
    private async Task InstallAsync(string unit)
    {
        var lines = await File.ReadAllLinesAsync(Path.Join(Published.Root, "docs/operations.md"), Cancellation);
        var steps = lines.SkipWhile(line => line != "## Installing under systemd")
            .SkipWhile(line => line != "```sh").Skip(1).TakeWhile(line => line != "```")
            .Where(line => line.Length > 0).ToList();
        var last = steps.FindIndex(line => line.Contains($"--now {Path.GetFileNameWithoutExtension(unit)} ", Exactly));
        Assert.True(last >= 0, $"docs/operations.md does not say how {unit} is started");
        var first = steps.FindLastIndex(last - 1, line => line.Contains("--now", Exactly)) + 1;
        foreach (var step in steps[first..(last + 1)])
        {
            await _host.RunAsync(Cancellation, "sh", "-c", $"cd {SystemdHost.Source} && {step}");
        }
    }

    private Task ConfigureControlPlaneAsync()
    {
        var settings = new JsonObject
        {
            ["Hosting"] = new JsonObject { ["Listen"] = new JsonArray($"127.0.0.1:{_port}") },
        };
        return _host.WriteAsync("/etc/slipway/control-plane.json", settings.ToJsonString(), Cancellation);
    }

    /// <summary>The agent, and the sample's first release.</summary>
    private async Task DeployAsync()
    {
        var created = await DeployctlAsync("agent", "token", "create", "--label", "env=production");
        await _host.WriteAsync("/etc/slipway/enrol.token", (string)created.Expect(0).Json["token"]!, Cancellation);
        await _host.WriteAsync(
            "/etc/slipway/agent.json",
            $$"""
            {
              "state_dir": "/var/lib/slipway/agent",
              "apps": {
                "link": {
                  "control_plane": "https://127.0.0.1:{{_port}}",
                  "name": "web-1",
                  "token_file": "/etc/slipway/enrol.token"
                },
                "deployments": {
                  "artifacts": [{ "module": "control_plane" }],
                  "runtimes": [{ "module": "server" }, { "module": "agent" }]
                }
              }
            }
            """,
            Cancellation);
        await InstallAsync(AgentUnit);

        var manifest = await File.ReadAllTextAsync(
            Path.Join(Published.Sample("starlet"), "slipway.yaml"), Cancellation);
        var file = Path.Join(_root, "slipway.yaml");
        await File.WriteAllTextAsync(
            file, manifest.Replace("127.0.0.1:8081", _address.ToString(), StringComparison.Ordinal), Cancellation);
        (await DeployctlAsync("apply", "-f", file)).Expect(0);
        await ReleaseAsync("1.0.0");
    }

    private async Task ReleaseAsync(string version)
    {
        var release = new ReleaseFolder(Path.Join(_root, $"release-{version}")).AddFolder(Published.Sample("starlet"));
        await release.AddAsync("release.txt", version, Cancellation);
        var archive = await release.PackAsync(Path.Join(_root, $"release-{version}.tar.gz"), Cancellation);
        var pushed = (await DeployctlAsync(
            "release", "push", "hello-starlet", version, "--artifact", $"any={archive}")).Expect(0);
        var rollout = (string)pushed.Json["rollout_ids"]![0]!;
        (await DeployctlAsync("rollout", "status", rollout, "--watch", "--timeout", "60s")).Expect(0);
    }

    private async Task<ProgramResult> UpgradeAsync(
        AgentRelease agents, string version, string program, string confirmTimeout)
    {
        var manifest = Path.Join(_root, "agent.yaml");
        await File.WriteAllTextAsync(manifest, await AgentRelease.ManifestAsync(confirmTimeout), Cancellation);
        (await DeployctlAsync("apply", "-f", manifest)).Expect(0);
        var archive = await agents.PackAsync(version, program);
        var pushed = (await DeployctlAsync(
            "release", "push", "slipway-agent", version, "--artifact", $"any={archive}")).Expect(0);
        return await DeployctlAsync(
            "rollout", "status", (string)pushed.Json["rollout_ids"]![0]!, "--watch", "--timeout", "120s");
    }

    /// <summary>What the unit's main process is an instance of.</summary>
    private async Task<string> ProgramAsync()
    {
        await UntilAsync(async () => await ShowAsync(AgentUnit, "ActiveState") == "active");
        return (await _host.RunAsync(
            Cancellation, "readlink", $"/proc/{await ShowAsync(AgentUnit, "MainPID")}/exe")).Trim();
    }

    private async Task<int[]> PidsAsync()
    {
        var agent = (await DeployctlAsync("agent", "get", "web-1")).Expect(0);
        var workload = agent.Json["workloads"]!.AsArray()
            .Single(one => (string?)one!["application"] == "hello-starlet");
        return [.. workload!["observed"]!["pids"]!.AsArray().Select(pid => (int)pid!).Order()];
    }

    private Task<ProgramResult> DeployctlAsync(params string[] arguments) => ProgramResult.RunAsync(
        Published.Deployctl,
        [.. arguments, "-o", "json"],
        new Dictionary<string, string>
        {
            ["SLIPWAY_SERVER"] = $"https://127.0.0.1:{_port}",
            ["SLIPWAY_TOKEN_FILE"] = Path.Join(_root, "var/lib/slipway/control-plane/admin.token"),
            ["SLIPWAY_CONFIG"] = Path.Join(_root, "contexts.json"),
        },
        Cancellation);

    private async Task DropInAsync(string unit, string content)
    {
        await _host.WriteAsync($"/etc/systemd/system/{unit}.d/test.conf", content, Cancellation);
        await _host.RunAsync(Cancellation, "systemctl", "daemon-reload");
    }

    private Task<string> ShowAsync(string unit, string property) =>
        _host.RunAsync(Cancellation, "systemctl", "show", "--value", "-p", property, unit);

    private async Task<string> TryAskAsync()
    {
        try
        {
            using var connection = await LoadConnection.OpenAsync(_address, Cancellation);
            return (await connection.AskAsync("/", keepAlive: false, Cancellation)).Body;
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            return "";
        }
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }
    }
}
