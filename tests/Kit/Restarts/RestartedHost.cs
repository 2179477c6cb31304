using System.Net;
using Tests.Kit.Load;
using Tests.Kit.Programs;

namespace Tests.Kit.Restarts;

/// <summary>
/// One control plane, one agent and the Starlet sample; everything of it but the control plane can be exchanged under
/// the clients' eyes.
/// </summary>
public sealed class RestartedHost : IAsyncDisposable
{
    private const string Name = "web-1";
    private const string Application = "hello-starlet";

    private readonly Fleet _fleet = new();
    private readonly IPEndPoint _address = new(IPAddress.Loopback, Fleet.FreePort());

    private RestartedHost()
    {
    }

    public RunningProgram Agent { get; private set; } = null!;

    /// <summary>The process that owns the sockets and the programs.</summary>
    public int Supervisor { get; private set; }

    public static async Task<RestartedHost> StartAsync(CancellationToken cancellationToken)
    {
        var host = new RestartedHost();
        try
        {
            await host.BeginAsync(cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Two clients that open a connection for each request.</summary>
    public LoadGenerator StartLoad() =>
        LoadGenerator.Start(new LoadOptions(_address) { KeepAlive = false, Connections = 2 });

    /// <summary>Pushes a release and follows its rollout to the good end.</summary>
    public async Task ReleaseAsync(string version, CancellationToken cancellationToken)
    {
        var release = await new ReleaseFolder(Path.Join(_fleet.Root, $"release-{version}"))
            .AddFolder(Published.Sample("starlet"))
            .AddAsync("release.txt", version, cancellationToken);
        var archive = await release.PackAsync(
            Path.Join(_fleet.Root, $"release-{version}.tar.gz"), cancellationToken);
        var rollout = await _fleet.PushAsync(Application, version, $"any={archive}", cancellationToken);
        (await _fleet.WatchAsync(rollout, cancellationToken)).Expect(0);
    }

    /// <summary>Goes back to a release that was there before.</summary>
    public async Task ReturnAsync(string version, CancellationToken cancellationToken)
    {
        var started = await _fleet.DeployctlAsync(
            cancellationToken,
            "rollout", "start", Application, "--environment", "production", "--version", version);
        (await _fleet.WatchAsync((string)started.Expect(0).Json["id"]!, cancellationToken)).Expect(0);
    }

    /// <summary>The agent's program, built anew as far as anybody can tell.</summary>
    public Task<string> BuildAgentAsync(string version, CancellationToken cancellationToken) =>
        AgentBuild.StampAsync(_fleet.Root, version, cancellationToken);

    /// <summary>Kills the agent; its successor, of this program, adopts what runs and reports it.</summary>
    /// <returns>From the kill until that.</returns>
    public async Task<TimeSpan> ExchangeAgentAsync(string program, CancellationToken cancellationToken)
    {
        _fleet.AgentProgram = program;
        var begin = TimeProvider.System.GetTimestamp();
        Agent.Kill();
        await Agent.ExitAsync(cancellationToken);
        Agent = await _fleet.StartAgentAsync(Name, cancellationToken);
        await Agent.LineAsync("; adopted", cancellationToken);
        await Agent.LineAsync("Connected to ", cancellationToken);
        return TimeProvider.System.GetElapsedTime(begin);
    }

    /// <summary>Ends when the agent has taken the supervisor to its own version.</summary>
    public async Task UpgradedAsync(CancellationToken cancellationToken) =>
        await Agent.LineAsync("was upgraded in place", cancellationToken);

    /// <summary>What is there once the condition is met, or in the end after all.</summary>
    public async Task<HostWeight> WeighAsync(Predicate<HostWeight> condition, CancellationToken cancellationToken)
    {
        var limit = TimeSpan.FromSeconds(20);
        var begin = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var weight = HostWeight.Of(_fleet.Root, Supervisor);
            if ((weight.Zombies == 0 && condition(weight)) || TimeProvider.System.GetElapsedTime(begin) > limit)
            {
                return weight;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        }
    }

    public ValueTask DisposeAsync() => _fleet.DisposeAsync();

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        await _fleet.StartControlPlaneAsync(cancellationToken);
        Agent = await _fleet.StartAgentAsync(Name, cancellationToken);
        await Agent.LineAsync("Connected to ", cancellationToken);
        var manifest = await File.ReadAllTextAsync(
            Path.Join(Published.Sample("starlet"), "slipway.yaml"), cancellationToken);
        await _fleet.ApplyAsync(manifest, cancellationToken, ("127.0.0.1:8081", _address.ToString()));
        await ReleaseAsync("1.0.0", cancellationToken);
        Supervisor = ProcessTable.Under(_fleet.Root)
            .Single(pid => File.ReadAllText($"/proc/{pid}/cmdline").Split('\0') is [_, "supervisor", ..]);
    }
}
