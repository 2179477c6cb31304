namespace Slipway.Agent.Deployments;

/// <summary>Everything that the next step depends on.</summary>
/// <param name="Desired">What should run; null: nothing any more.</param>
/// <param name="Record">What was.</param>
/// <param name="Attempt">What is under way.</param>
/// <param name="Runtime">What lives; null: not even the runtime.</param>
/// <param name="Now">The time.</param>
internal sealed record WorkloadView(
    Workload? Desired,
    WorkloadRecord Record,
    Attempt? Attempt,
    RuntimeState? Runtime,
    DateTimeOffset Now)
{
    /// <summary>Whether the control plane has said anything at all: if not, nothing is removed.</summary>
    public bool IsDesiredKnown { get; init; } = true;

    /// <summary>Whether there is anything on disk that could be removed.</summary>
    public bool Exists { get; init; } = true;

    /// <summary>Whether it has to wait: for the agent's upgrade, or, as that, for other deployments.</summary>
    public bool IsHostTaken { get; init; }

    /// <summary>When the committed release may be started again, after it could not be.</summary>
    public DateTimeOffset RestoreAt { get; init; }

    /// <summary>Why it could not be; empty: nothing is known against it.</summary>
    public string Trouble { get; init; } = "";
}
