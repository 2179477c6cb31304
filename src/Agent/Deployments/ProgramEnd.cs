namespace Slipway.Agent.Deployments;

/// <summary>How a program that served ended by itself.</summary>
/// <param name="Run">Which run of it: the number that its lines in the log have. Grows.</param>
/// <param name="Restarts">How often it had been started again before.</param>
/// <param name="At">When.</param>
internal sealed record ProgramEnd(int Run, int Restarts, DateTimeOffset At)
{
    public FailureReason Reason { get; init; }

    public string Detail { get; init; } = "";

    /// <summary>The last that it wrote, at most 8 KiB.</summary>
    public string Output { get; init; } = "";
}
