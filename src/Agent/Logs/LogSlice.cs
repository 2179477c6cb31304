namespace Slipway.Agent.Logs;

/// <summary>Some lines of a log that follow each other.</summary>
/// <param name="Lines">What was read.</param>
/// <param name="Next">Where to read on; null: the log was never begun.</param>
/// <param name="Lost">How many lines before these were deleted before they were read.</param>
/// <param name="IsAtEnd">There is no more for now.</param>
internal sealed record LogSlice(IReadOnlyList<LogLine> Lines, LogCursor? Next, long Lost, bool IsAtEnd)
{
    /// <summary>The log was begun anew since: nobody can tell.</summary>
    public const long UnknownLoss = -1;
}
