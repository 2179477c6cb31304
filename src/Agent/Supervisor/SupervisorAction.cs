namespace Slipway.Agent.Supervisor;

/// <summary>What the planner wants done.</summary>
internal abstract record SupervisorAction
{
    public sealed record Spawn(Generation Generation) : SupervisorAction;

    /// <summary>Asks the generation's process to finish.</summary>
    /// <param name="Generation">Whose process.</param>
    /// <param name="Signal">How; null: as its spec says.</param>
    public sealed record Stop(Generation Generation, string? Signal = null) : SupervisorAction;

    /// <summary>Kills the generation's whole session.</summary>
    public sealed record Kill(Generation Generation) : SupervisorAction;
}
