using System.Threading.Channels;
using Microsoft.Extensions.Logging.Testing;
using Slipway.Agent.Deployments;
using Slipway.Agent.Link;

namespace Tests.Integration.Agent.Link;

/// <summary>A link to a control plane, with deployments that only remember.</summary>
internal sealed class LinkFixture : IAsyncDisposable
{
    private readonly Channel<bool> _changes = Channel.CreateUnbounded<bool>();
    private readonly Lock _gate = new();
    private readonly List<DeploymentReport> _pending = [];
    private IReadOnlyList<WorkloadStatus>? _observed = [];
    private ControlPlaneLink? _link;

    public string Name { get; init; } = "web-1";

    /// <summary>The output of whatever it runs; absent until a test makes it.</summary>
    public string LogFolder => Path.Combine(Folder, "output");

    public string Folder { get; } = Directory.CreateTempSubdirectory("slipway-link-").FullName;

    public string TokenFile => Path.Combine(Folder, "token");

    public IdentityStore Store => field ??= new(Path.Combine(Folder, "identity"));

    public FakeLogCollector Logs { get; } = new();

    public DesiredState Desired { get; set; } = DesiredState.Empty;

    public void Start(StandInControlPlane server, string? token = null) => Start(server.Address, token);

    public void Start(Uri controlPlane, string? token = null)
    {
        if (token is not null)
        {
            File.WriteAllText(TokenFile, token + "\n");
        }

        _link = new(
            new(controlPlane, TokenFile),
            Store,
            new(Name, $"machine of {Name}", "boot", "1.0.0", new Dictionary<string, string> { ["self.kernel"] = "6" }),
            new()
            {
                Desired = () => Desired,
                AcceptAsync = (state, _) =>
                {
                    Desired = state;
                    return Task.CompletedTask;
                },
                ForgetTokenAsync = _ =>
                {
                    Desired = Desired with { Token = DesiredToken.None };
                    return Task.CompletedTask;
                },
                Observe = () => _observed,
                Pending = Pending,
                Acknowledge = Acknowledge,
                LogOf = _ => LogFolder,
                Changes = _changes.Reader,
            },
            new(TimeProvider.System, new Random(1), new FakeLogger(Logs)));
        _link.Start();
    }

    public void Report(DeploymentReport report)
    {
        lock (_gate)
        {
            _pending.Add(report);
        }

        _changes.Writer.TryWrite(item: true);
    }

    /// <summary>What the deployments see from now on; null: nothing yet.</summary>
    public void Observe(IReadOnlyList<WorkloadStatus>? observed)
    {
        _observed = observed;
        _changes.Writer.TryWrite(item: true);
    }

    public IReadOnlyList<DeploymentReport> Pending()
    {
        lock (_gate)
        {
            return [.. _pending];
        }
    }

    /// <summary>Waits for log messages that contain the text.</summary>
    public async Task LoggedAsync(string text, int times = 1)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        await foreach (var record in Logs.GetLogsAsync(limit.Token))
        {
            if (record.Message.Contains(text, StringComparison.Ordinal) && --times == 0)
            {
                return;
            }
        }
    }

    public async Task StopAsync()
    {
        if (_link is not null)
        {
            await _link.DisposeAsync();
            _link = null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_link is not null)
        {
            await _link.DisposeAsync();
        }

        foreach (var record in Logs.GetSnapshot())
        {
            TestContext.Current.TestOutputHelper?.WriteLine(record.ToString());
        }

        Directory.Delete(Folder, recursive: true);
    }

    private void Acknowledge(string deploymentId, uint sequence)
    {
        lock (_gate)
        {
            _pending.RemoveAll(report => report.DeploymentId == deploymentId && report.Sequence <= sequence);
        }

        _changes.Writer.TryWrite(item: true);
    }
}
