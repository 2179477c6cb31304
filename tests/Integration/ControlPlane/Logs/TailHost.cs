using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Agent.Logs;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Tests.Integration.Agent.Link;
using Tests.Integration.ControlPlane.Rollouts;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Logs;

/// <summary>A host with the agent's real link, that runs the catalog's application; a test says what it says.</summary>
internal sealed class TailHost : IAsyncDisposable
{
    private readonly LogWriter _log;
    private int _connections;

    private TailHost(LinkFixture link)
    {
        Link = link;
        Directory.CreateDirectory(link.LogFolder);
        _log = new LogWriter(link.LogFolder, TimeProvider.System);
    }

    public LinkFixture Link { get; }

    public Slipway.Agent.Logs.LogSpec Spec
    {
        set => _log.Spec = value;
    }

    /// <summary>Enrols a host, waits until it is connected, and gives it the catalog's application to run.</summary>
    /// <param name="server">Where it enrols and stays connected.</param>
    /// <param name="name">Its name.</param>
    public static async Task<TailHost> StartAsync(ControlPlaneHost server, string name)
    {
        var agents = new V1.Agents.AgentsClient(server.Admin);
        var token = await agents.CreateTokenAsync(new(), cancellationToken: TestContext.Current.CancellationToken);
        var host = new TailHost(new LinkFixture { Name = name });
        await host.ConnectAsync(server, token.Token);
        var agent = await agents.GetAsync(
            new() { Id = name }, cancellationToken: TestContext.Current.CancellationToken);
        await AssignAsync(server, Guid.Parse(agent.Id));
        return host;
    }

    /// <summary>Says that the agent runs the catalog's application.</summary>
    public static Task AssignAsync(ControlPlaneHost server, Guid agent) =>
        server.Services.GetRequiredService<Database>().WriteAsync(
            (context, _) =>
            {
                context.Workloads.Add(new WorkloadRow
                {
                    AgentId = agent,
                    Application = Catalog.Application,
                    Environment = Catalog.Environment,
                    Generation = 1,
                    DeploymentId = Guid.CreateVersion7(),
                    Version = "1.0.0",
                    ArtifactPlatform = "any",
                    ArtifactDigest = $"sha256:{new string('a', 64)}",
                    ArtifactFileName = "shop.tar.gz",
                    SpecJson = SpecJson.Write<RuntimeSpec>(new ServerSpec
                    {
                        Command = ["./shop"],
                        Readiness = new(ReadinessKind.Alive),
                    }),
                });
                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken);

    public async Task ConnectAsync(ControlPlaneHost server, string? token = null)
    {
        Link.Start(server.Address, token);
        await Link.LoggedAsync("Connected to ", ++_connections);
    }

    public void Say(params IEnumerable<string> lines) => Say(TimeProvider.System.GetUtcNow(), LogStream.Output, lines);

    public void Say(DateTimeOffset at, LogStream stream, params IEnumerable<string> lines)
    {
        var prefix = LogLine.Prefix(at, new LogSource(1, 42, stream));
        foreach (var batch in lines.Chunk(100))
        {
            byte[] bytes = [.. batch.SelectMany(line => (byte[])[.. prefix, .. Encoding.UTF8.GetBytes($"F {line}\n")])];
            Assert.Equal(0, _log.Write(bytes));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _log.Dispose();
        await Link.DisposeAsync();
    }
}
