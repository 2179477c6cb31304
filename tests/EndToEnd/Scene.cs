using System.Net;
using Tests.Kit.Load;
using Tests.Kit.Programs;

namespace Tests.EndToEnd;

/// <summary>One control plane, one agent, and one sample program that runs in its first release.</summary>
internal sealed class Scene : IAsyncDisposable
{
    public const string Agent = "web-1";

    private readonly string _sample;
    private string _published = "";

    private Scene(string sample)
    {
        _sample = sample;
        Application = sample == "hello" ? sample : $"hello-{sample}";
        Address = new IPEndPoint(IPAddress.Loopback, Fleet.FreePort());
    }

    public Fleet Fleet { get; } = new();

    public string Application { get; }

    public IPEndPoint Address { get; }

    public RunningProgram ControlPlane { get; private set; } = null!;

    public RunningProgram AgentProgram { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Scene> StartAsync(string sample, params (string, string)[] replace)
    {
        var scene = new Scene(sample);
        try
        {
            await scene.BeginAsync(replace);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    public LoadGenerator StartLoad(bool keepAlive) =>
        LoadGenerator.Start(new LoadOptions(Address) { KeepAlive = keepAlive, Connections = 2 });

    /// <summary>Applies the sample's manifest, some of its words exchanged.</summary>
    public async Task ApplyAsync(params (string, string)[] replace)
    {
        var manifest = await File.ReadAllTextAsync(
            Path.Join(Published.Sample(_sample), "slipway.yaml"), Cancellation);
        var samplePort = _sample switch { "hello" => 8080, "starlet" => 8081, _ => 8082 };
        // The program's environment is clean, and .NET may be installed anywhere.
        var runtime = Path.GetFullPath(Path.Join(Path.GetDirectoryName(typeof(object).Assembly.Location), "../../.."));
        await Fleet.ApplyAsync(
            manifest,
            Cancellation,
            [
                ($"127.0.0.1:{samplePort}", Address.ToString()),
                ("\nserver:", $"\nserver:\n  environment: {{ DOTNET_ROOT: \"{runtime}\" }}"),
                .. replace,
            ]);
    }

    /// <summary>The sample as a release's archive; some of its files may be replaced.</summary>
    public async Task<string> PackAsync(string version, params (string Name, string Content)[] files)
    {
        var release = new ReleaseFolder(Path.Join(Fleet.Root, $"release-{version}")).AddFolder(_published);
        await release.AddAsync("release.txt", version, Cancellation);
        foreach (var (name, content) in files)
        {
            await release.AddAsync(name, content, Cancellation);
        }

        return await release.PackAsync(Path.Join(Fleet.Root, $"release-{version}.tar.gz"), Cancellation);
    }

    public Task<string> PushAsync(string version, string archive) =>
        Fleet.PushAsync(Application, version, $"any={archive}", Cancellation);

    /// <summary>Pushes a release and follows its rollout to the good end.</summary>
    public async Task ReleaseAsync(string version)
    {
        var rollout = await PushAsync(version, await PackAsync(version));
        (await Fleet.WatchAsync(rollout, Cancellation)).Expect(0);
    }

    public async Task<string> StartRolloutAsync(string version)
    {
        var started = await Fleet.DeployctlAsync(
            Cancellation, "rollout", "start", Application, "--environment", "production", "--version", version);
        return (string)started.Expect(0).Json["id"]!;
    }

    /// <summary>What the program says to one request now.</summary>
    public async Task<string> AskAsync()
    {
        using var connection = await LoadConnection.OpenAsync(Address, Cancellation);
        return (await connection.AskAsync("/", keepAlive: false, Cancellation)).Body;
    }

    /// <summary>The processes that the supervisor says it runs.</summary>
    public async Task<int[]> PidsAsync()
    {
        var workload = await Fleet.WorkloadAsync(Agent, Application, Cancellation);
        return [.. workload!["observed"]!["pids"]!.AsArray().Select(pid => (int)pid!).Order()];
    }

    public async Task RestartControlPlaneAsync() =>
        ControlPlane = await Fleet.StartControlPlaneAsync(Cancellation);

    public async Task RestartAgentAsync(params string[] tracer) =>
        AgentProgram = await Fleet.StartAgentAsync(Agent, Cancellation, tracer);

    public async Task AgentConnectedAsync() => await AgentProgram.LineAsync("Connected to ", Cancellation);

    public ValueTask DisposeAsync() => Fleet.DisposeAsync();

    private async Task BeginAsync((string, string)[] replace)
    {
        _published = _sample == "hello" ? await PublishHelloAsync() : Published.Sample(_sample);
        await RestartControlPlaneAsync();
        await RestartAgentAsync();
        await AgentConnectedAsync();

        await ApplyAsync(replace);
        await ReleaseAsync("1.0.0");
    }

    private async Task<string> PublishHelloAsync()
    {
        var target = Path.Join(Fleet.Root, "hello");
        var published = await ProgramResult.RunAsync(
            "dotnet",
            ["publish", Published.Sample("hello"), "-c", "Release", "-o", target, "-v", "quiet"],
            new Dictionary<string, string>(),
            Cancellation);
        published.Expect(0);
        return target;
    }
}
