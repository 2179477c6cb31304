namespace Slipway.Agent.Supervisor;

/// <summary>What the planner wants done.</summary>
internal abstract record SupervisorAction
{
    public sealed record Spawn(Generation Generation) : SupervisorAction;

    /// <summary>Asks the generation's process to finish.</summary>
    public sealed record Stop(Generation Generation) : SupervisorAction;

    /// <summary>Kills the generation's whole session.</summary>
    public sealed record Kill(Generation Generation) : SupervisorAction;
}
