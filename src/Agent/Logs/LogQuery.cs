namespace Slipway.Agent.Logs;

/// <summary>Which lines of a log are wanted.</summary>
internal sealed record LogQuery
{
    /// <summary>How many lines are shown to one who asks for nothing in particular.</summary>
    public const int FewLines = 100;

    /// <summary>Where an earlier reader has stopped; then the number of lines does not count.</summary>
    public LogCursor? Cursor { get; init; }

    /// <summary>Nothing older.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The last ones of what is there, at most; null: all.</summary>
    public int? Lines { get; init; }

    /// <summary>What was said since then comes, whatever <see cref="Lines"/> says; null: nothing of the kind.</summary>
    public DateTimeOffset? AskedAt { get; init; }

    /// <summary>Only of this start of the program; 0: of all.</summary>
    public int Generation { get; init; }

    /// <summary>Only what was said there; unspecified: everywhere.</summary>
    public LogStream Stream { get; init; }

    /// <summary>Go on with what comes.</summary>
    public bool IsFollowing { get; init; }

    public bool HasFilter => Generation != 0 || Since is not null || Stream != LogStream.Unspecified;

    /// <summary>What the log says of itself is always wanted: it tells what is missing.</summary>
    public bool Wants(LogLine line) =>
        !(line.At < Since)
        && (line.Source.Stream == LogStream.Log
            || ((Generation == 0 || line.Source.Generation == Generation)
                && (Stream == LogStream.Unspecified || line.Source.Stream == Stream)));
}
