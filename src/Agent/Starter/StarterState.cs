using System.Collections.Immutable;

namespace Slipway.Agent.Starter;

/// <summary>What the planner remembers beside the supervisor's plan.</summary>
internal sealed record StarterState
{
    /// <summary>The worker that has proved itself last; null: it died, or there was none yet.</summary>
    public string? Current { get; init; }

    /// <summary>The worker that has to prove itself; null: none.</summary>
    public string? Attempt { get; init; }

    /// <summary>Whether the attempt is to replace workers that serve.</summary>
    public bool IsReplacing { get; init; }

    public int LastTicket { get; init; }

    /// <summary>Workers in a row that have not lived long enough.</summary>
    public int Failures { get; init; }

    /// <summary>A restart was asked for that no attempt has begun after.</summary>
    public bool HasWish { get; init; }

    /// <summary>When the next attempt begins, if the last one failed.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>When the old workers are told to go, if the new one is watched beside them.</summary>
    public DateTimeOffset? KillOldAt { get; init; }

    public DateTimeOffset LastRestart { get; init; }

    public bool IsStopping { get; init; }

    /// <summary>Whether it is known how the first worker did.</summary>
    public bool IsReported { get; init; }

    /// <summary>The processes by generation, as they were seen last.</summary>
    public ImmutableSortedDictionary<int, int> Seen { get; init; } = ImmutableSortedDictionary<int, int>.Empty;

    /// <summary>What the status file says; null: there is none yet.</summary>
    public ImmutableArray<StatusLine>? Status { get; init; }

    /// <summary>What an older program did not write is null now, whatever the types say.</summary>
    public StarterState Normalized() => this with
    {
        Seen = Seen ?? ImmutableSortedDictionary<int, int>.Empty,
    };
}
