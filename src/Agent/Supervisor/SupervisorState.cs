using Slipway.Agent.Hosting;
using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Supervisor;

/// <summary>Everything a supervisor knows. Survives the agent.</summary>
internal sealed record SupervisorState(
    int SupervisorPid,
    IReadOnlyList<ListenState> Listen,
    IReadOnlyList<GenerationState> Generations)
{
    /// <summary>The version of the supervisor's program; null: one that does not tell.</summary>
    public string? Version { get; init; }

    /// <summary>What became of the last upgrade.</summary>
    public UpgradeState Upgrade { get => field ?? UpgradeState.None; init; } = UpgradeState.None;

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
            children.OutputOf(generation),
            generation.IsUnhealthy,
            generation.Deadline)
        {
            Ends = generation.Ends,
        })])
    {
        Version = BuildInfo.Version,
    };
}
