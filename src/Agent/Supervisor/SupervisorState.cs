namespace Slipway.Agent.Supervisor;

/// <summary>Everything a supervisor knows. Survives the agent.</summary>
internal sealed record SupervisorState(
    int SupervisorPid,
    IReadOnlyList<ListenState> Listen,
    IReadOnlyList<GenerationState> Generations);
