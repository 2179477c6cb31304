using Slipway.ControlPlane.History;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>What can happen to a rollout.</summary>
internal abstract record RolloutEvent
{
    private RolloutEvent()
    {
    }

    /// <summary>Somebody looked: at some agents, or only at the clock. The same look twice changes nothing.</summary>
    internal sealed record Looked(IReadOnlyList<TargetSighting> Sightings) : RolloutEvent
    {
        public static readonly Looked AtTheClock = new([]);
    }

    /// <summary>An operator wants it to stop.</summary>
    internal sealed record Aborted(string By, string Reason) : RolloutEvent;

    /// <summary>A newer rollout of the same environment takes its place.</summary>
    internal sealed record Superseded(string By) : RolloutEvent;
}

/// <summary>What is known of one agent now.</summary>
internal sealed record TargetSighting(Guid AgentId)
{
    public bool IsOnline { get; init; }

    public bool IsHealthy { get; init; }

    public bool IsGone { get; init; }

    /// <summary>Where the deployment is; unspecified when there is none yet.</summary>
    public DeploymentPhase Phase { get; init; }

    public FailureReason Reason { get; init; }

    public string Detail { get; init; } = "";

    /// <summary>Where the deployment that takes the agent back is; unspecified when there is none.</summary>
    public DeploymentPhase RevertPhase { get; init; }
}

/// <summary>What the engine wants done in the transaction that stores its new state.</summary>
internal abstract record RolloutAction(Guid AgentId)
{
    /// <summary>The agent's workload becomes the target release.</summary>
    internal sealed record Assign(Guid AgentId, int Batch) : RolloutAction(AgentId);

    /// <summary>The agent's workload becomes its previous release again, or nothing if there was none.</summary>
    internal sealed record Revert(Guid AgentId) : RolloutAction(AgentId);

    /// <summary>The agent's deployment has ended, though the agent has not said so.</summary>
    internal sealed record Close(Guid AgentId, DeploymentPhase Phase, FailureReason Reason, string Detail)
        : RolloutAction(AgentId);

    /// <summary>The target release is the environment's release from now on.</summary>
    internal sealed record Promote() : RolloutAction(Guid.Empty);
}

/// <summary>Why the engine did not take an event.</summary>
internal enum RolloutRefusal
{
    None = 0,

    /// <summary>The rollout has ended: nothing happens to it any more.</summary>
    Ended = 1,

    /// <summary>It is being aborted already.</summary>
    AlreadyAborting = 2,
}

/// <summary>One decision: the new state and what has to be done with it.</summary>
internal sealed record RolloutStep(
    Rollout Rollout,
    IReadOnlyList<RolloutAction> Actions,
    RolloutRefusal Refusal = RolloutRefusal.None);
