namespace Slipway.Agent.Deployments;

/// <summary>One run of a workload's program, as its runtime sees it.</summary>
/// <param name="Ticket">What it was started with; tells a repeated request.</param>
/// <param name="Version">The release's version.</param>
/// <param name="Phase">Where it is.</param>
/// <param name="Pid">Its process; 0: none now.</param>
/// <param name="StartedAt">When it was started last.</param>
internal sealed record Instance(
    string Ticket,
    string Version,
    InstancePhase Phase,
    int Pid,
    DateTimeOffset StartedAt)
{
    public DateTimeOffset? ReadyAt { get; init; }

    /// <summary>How often it ended by itself and was started again.</summary>
    public int Restarts { get; init; }

    /// <summary>When its start will have taken too long; it may have asked for more time than its spec says.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>It runs, and does not do what its liveness asks for.</summary>
    public bool IsUnhealthy { get; init; }

    /// <summary>Why it failed.</summary>
    public FailureReason Reason { get; init; }

    public string Detail { get; init; } = "";

    /// <summary>What a person should know of it although it is well.</summary>
    public string Note { get; init; } = "";

    /// <summary>The last that it wrote, at most 8 KiB.</summary>
    public string Output { get; init; } = "";

    /// <summary>How its last processes ended by themselves after it was promoted.</summary>
    public IReadOnlyList<ProgramEnd> Ends { get; init; } = [];
}
