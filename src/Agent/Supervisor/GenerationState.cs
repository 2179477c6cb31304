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
    DateTimeOffset? Deadline = null);
