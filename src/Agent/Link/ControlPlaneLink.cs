namespace Slipway.Agent.Link;

/// <summary>The agent's end of the link: one loop that stays connected, one that renews the certificate.</summary>
internal sealed class ControlPlaneLink : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly LinkLoop _loop;
    private readonly RenewalLoop _renewal;
    private readonly SupplyClient _supplies;
    private Task _running = Task.CompletedTask;

    public ControlPlaneLink(
        LinkSpec spec, IdentityStore store, HostFacts facts, LinkedDeployments deployments, LinkParts parts)
    {
        var client = new EnrollmentClient(spec.ControlPlane, facts, parts.TimeProvider);
        var keeper = new IdentityKeeper(spec, store, client, deployments, parts);
        _supplies = new(deployments.LogOf, parts.TimeProvider, parts.Logger);
        var sessions = new SessionClient(facts, deployments, _supplies, parts.TimeProvider, parts.Logger);
        _loop = new(spec, keeper, sessions, parts);
        _renewal = new(spec, store, client, parts);
    }

    /// <summary>Begins, and returns at once: being offline is no reason not to start.</summary>
    public void Start() =>
        _running = Task.WhenAll(_loop.RunAsync(_stopping.Token), _renewal.RunAsync(_stopping.Token));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running;
        await _supplies.DisposeAsync();
        _stopping.Dispose();
    }
}
