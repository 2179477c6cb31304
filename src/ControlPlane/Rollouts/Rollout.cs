using System.Text.Json.Serialization;
using Slipway.ControlPlane.History;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>The whole state of the rollout engine: what is stored between two decisions.</summary>
internal sealed record Rollout
{
    public required RolloutPlan Plan { get; init; }

    /// <summary>The agents, in the order in which they were frozen at the start.</summary>
    public required IReadOnlyList<RolloutTarget> Targets { get; init; }

    public RolloutState State { get; init; } = RolloutState.Pending;

    public int CurrentBatch { get; init; }

    /// <summary>When something last moved forward: what the progress deadline counts from.</summary>
    public DateTimeOffset ProgressAt { get; init; }

    /// <summary>Since when everything that is done has been healthy, while the bake is under way.</summary>
    public DateTimeOffset? BakeSince { get; init; }

    /// <summary>Why no more agents are admitted; null while the rollout goes on.</summary>
    public string? StopCause { get; init; }

    /// <summary>The one thing that the rollout waits for; empty once it has ended.</summary>
    public string WaitingFor { get; init; } = "";

    /// <summary>Why it ended, in a sentence.</summary>
    public string Outcome { get; init; } = "";

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When the engine has to be asked again at the latest; null once the rollout has ended.</summary>
    public DateTimeOffset? NextTimerAt { get; init; }

    [JsonIgnore]
    public bool IsEnded => State is RolloutState.Succeeded or RolloutState.Aborted or RolloutState.RolledBack
        or RolloutState.Failed or RolloutState.Superseded;
}

/// <summary>One agent's part of a rollout, as the engine sees it.</summary>
internal sealed record RolloutTarget
{
    public required Guid AgentId { get; init; }

    public required string AgentName { get; init; }

    /// <summary>Given out at the start, since the engine has no chance; in the history once assigned.</summary>
    public required Guid DeploymentId { get; init; }

    /// <summary>The deployment that would take the agent back.</summary>
    public required Guid RevertId { get; init; }

    /// <summary>What the agent was asked to run before; empty when it was nothing.</summary>
    public string PreviousVersion { get; init; } = "";

    public DeploymentPhase Phase { get; init; } = DeploymentPhase.Waiting;

    public FailureReason Reason { get; init; }

    public string Detail { get; init; } = "";

    /// <summary>The batch that took it; 0 before.</summary>
    public int Batch { get; init; }

    public bool IsOnline { get; init; }

    public bool IsHealthy { get; init; }

    /// <summary>The agent was removed, or no longer carries the environment's labels.</summary>
    public bool IsGone { get; init; }

    /// <summary>It is on its way back to the previous release.</summary>
    public bool IsReverting { get; init; }

    [JsonIgnore]
    public bool IsAvailable => IsOnline && IsHealthy;
}
