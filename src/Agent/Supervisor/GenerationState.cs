namespace Slipway.Agent.Supervisor;

/// <summary>One generation: one attempt to run the program, with the process that came of it.</summary>
internal sealed record GenerationState(
    string Ticket,
    int Number,
    string Version,
    GenerationPhase Phase,
    int Pid,
    DateTimeOffset StartedAt,
    DateTimeOffset? ReadyAt,
    int Restarts,
    GenerationEnd End = GenerationEnd.None,
    string Detail = "",
    string Output = "",
    bool IsUnhealthy = false,
    DateTimeOffset? Deadline = null)
{
    /// <summary>How its last processes ended by themselves while it was current, the oldest first.</summary>
    public IReadOnlyList<EndedRun> Ends { get => field ?? []; init; } = [];
}
