namespace Slipway.Agent.Deployments;

/// <summary>The agent itself. Defaults are already filled in.</summary>
internal sealed record AgentSpec
{
    /// <summary>How long the upgrade may wait for other deployments on the host.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How soon the new agent must be connected and manage all workloads.</summary>
    public TimeSpan ConfirmTimeout { get; init; } = TimeSpan.FromSeconds(45);
}
