namespace Slipway.ControlPlane.Logs;

/// <summary>What an agent supplies at a time.</summary>
internal sealed record TailPart
{
    /// <summary>There is nothing for now.</summary>
    public static readonly TailPart Pause = new() { IsAtEnd = true };

    public IReadOnlyList<TailLine> Lines { get; init; } = [];

    /// <summary>How many lines were deleted before these; -1: unknown.</summary>
    public long Lost { get; init; }

    public bool IsAtEnd { get; init; }

    /// <summary>The place up to which was read; empty: it is the last line's, or unknown.</summary>
    public string Cursor { get; init; } = "";

    /// <summary>Why there is nothing; empty: there is no such reason.</summary>
    public string Reason { get; init; } = "";

    public string Message { get; init; } = "";

    /// <summary>Asking again would not help.</summary>
    public bool IsFinal => Reason is "AGENT_REMOVED" or "INVALID_FIELD";

    /// <summary>An agent that goes or comes, or begins to run something, also looks like this for a moment.</summary>
    public bool IsDoubtful => Reason is "SESSION_ELSEWHERE" or "WORKLOAD_NOT_FOUND";

    /// <summary>It may be better once others have read enough.</summary>
    public bool IsCrowded => Reason is "TOO_MANY_TAILS";

    public static TailPart Refusal(string reason, string message) => new() { Reason = reason, Message = message };
}

/// <summary>One line of a program's output.</summary>
internal sealed record TailLine(DateTimeOffset At, string Text, string Cursor)
{
    public int Generation { get; init; }

    public int Pid { get; init; }

    public int Stream { get; init; }

    public bool IsPartial { get; init; }
}
