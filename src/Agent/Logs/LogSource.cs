namespace Slipway.Agent.Logs;

/// <summary>Who said a line.</summary>
/// <param name="Generation">Grows with each start of the program; 0: the log itself.</param>
/// <param name="Pid">The generation's first process.</param>
/// <param name="Stream">Which of its streams.</param>
internal sealed record LogSource(int Generation, int Pid, LogStream Stream)
{
    public static readonly LogSource Unknown = new(0, 0, LogStream.Unspecified);
}
