namespace Slipway.Agent.Supervisor;

/// <summary>How a current generation's process ended by itself.</summary>
/// <param name="Number">The generation's number at that time.</param>
/// <param name="At">When.</param>
/// <param name="Restarts">How often it had been started again before.</param>
/// <param name="End">What ended it.</param>
/// <param name="Detail">The same for a person.</param>
/// <param name="Output">The last that it wrote.</param>
internal sealed record EndedRun(
    int Number, DateTimeOffset At, int Restarts, GenerationEnd End, string Detail, string Output);
