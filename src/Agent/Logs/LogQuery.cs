namespace Slipway.Agent.Logs;

/// <summary>Which lines of a log are wanted.</summary>
internal sealed record LogQuery
{
    /// <summary>Where an earlier reader has stopped; then the number of lines does not count.</summary>
    public LogCursor? Cursor { get; init; }

    /// <summary>Nothing older.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The last ones of what is there, at most; null: all.</summary>
    public int? Lines { get; init; }

    /// <summary>Only of this start of the program; 0: of all.</summary>
    public int Generation { get; init; }

    /// <summary>Go on with what comes.</summary>
    public bool IsFollowing { get; init; }

    public bool HasFilter => Generation != 0 || Since is not null;

    public bool Wants(LogLine line) =>
        (Generation == 0 || line.Source.Generation == Generation || line.Source.Stream == LogStream.Log)
        && !(line.At < Since);
}
