namespace Slipway.Agent.Supervisor;

/// <summary>What the planner knows of one generation. The journal holds it, too.</summary>
internal sealed record Generation(string Ticket, GenerationSpec Spec)
{
    /// <summary>Grows with each attempt to start anything, restarts included.</summary>
    public required int Number { get; init; }

    public required GenerationPhase Phase { get; init; }

    /// <summary>The process that runs for it; 0: none.</summary>
    public int Pid { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? ReadyAt { get; init; }

    public int Restarts { get; init; }

    /// <summary>Crashes in a row: what the next back-off is computed from.</summary>
    public int Failures { get; init; }

    public GenerationEnd End { get; init; }

    public string Detail { get; init; } = "";

    /// <summary>How its last process ended, as wait(2) says it.</summary>
    public int WaitStatus { get; init; }

    /// <summary>When a start has taken too long, a stop turns into a kill, or a back-off is over.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>How its last processes ended by themselves while it was current, the oldest first.</summary>
    public IReadOnlyList<EndedRun> Ends { get => field ?? []; init; } = [];

    /// <summary>No word of its own moves the deadline beyond; null: it has not asked for more time yet.</summary>
    public DateTimeOffset? LatestDeadline { get; init; }

    public bool IsKilled { get; init; }

    /// <summary>Current, and does not do what its liveness asks for.</summary>
    public bool IsUnhealthy { get; init; }

    /// <summary>It said itself that it is about to end.</summary>
    public bool IsStopping { get; init; }

    /// <summary>The ticket of the unhealthy generation whose place it takes as soon as it is ready.</summary>
    public string? Replaces { get; init; }

    /// <summary>Whether it needs its sockets: a generation that is asked to finish has its own descriptors.</summary>
    public bool WantsSockets =>
        Phase is GenerationPhase.Starting or GenerationPhase.Ready or GenerationPhase.Current
            or GenerationPhase.BackingOff;

    public bool IsOver => Phase is GenerationPhase.Ended or GenerationPhase.Failed && Pid == 0;
}
