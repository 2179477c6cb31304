namespace Slipway.Agent.Supervisor;

/// <summary>All generations of a workload, in the order of their first start.</summary>
internal sealed record SupervisorPlan(IReadOnlyList<Generation> Generations, int LastNumber, bool IsStopping)
{
    public static readonly SupervisorPlan Empty = new([], 0, IsStopping: false);

    public Generation? Current => Generations.FirstOrDefault(
        generation => generation.Phase is GenerationPhase.Current or GenerationPhase.BackingOff);

    /// <summary>When the planner next wants a <see cref="SupervisorEvent.Tick"/>.</summary>
    public DateTimeOffset? NextDeadline => Generations.Min(generation => generation.Deadline);

    public Generation? Find(string ticket) =>
        Generations.FirstOrDefault(generation => generation.Ticket == ticket);

    public Generation? Find(int number) =>
        Generations.FirstOrDefault(generation => generation.Number == number);

    /// <summary>The same plan with the generation of this ticket replaced, or added.</summary>
    public SupervisorPlan With(Generation changed) => this with
    {
        Generations = Find(changed.Ticket) is null
            ? [.. Generations, changed]
            : [.. Generations.Select(old => old.Ticket == changed.Ticket ? changed : old)],
    };
}
