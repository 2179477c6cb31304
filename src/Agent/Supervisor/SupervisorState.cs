namespace Slipway.Agent.Supervisor;

/// <summary>Everything a supervisor knows. Survives the agent.</summary>
internal sealed record SupervisorState(
    int SupervisorPid,
    IReadOnlyList<ListenState> Listen,
    IReadOnlyList<GenerationState> Generations)
{
    public static SupervisorState Of(SupervisorPlan plan, ListenerSet listeners, ChildSet children) => new(
        Environment.ProcessId,
        listeners.State,
        [.. plan.Generations.Select(generation => new GenerationState(
            generation.Ticket,
            generation.Number,
            generation.Spec.Version,
            generation.Phase,
            generation.Pid,
            generation.StartedAt,
            generation.ReadyAt,
            generation.Restarts,
            generation.End,
            generation.Detail,
            children.OutputOf(generation)))]);
}
