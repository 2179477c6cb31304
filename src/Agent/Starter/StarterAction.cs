namespace Slipway.Agent.Starter;

/// <summary>What the planner wants done, in this order.</summary>
internal abstract record StarterAction
{
    public sealed record Say(string Line) : StarterAction;

    /// <summary>Starts a worker as the generation of this ticket.</summary>
    public sealed record Start(string Ticket) : StarterAction;

    /// <summary>Makes the ticket's worker the current one; the supervisor tells the others to go.</summary>
    public sealed record Promote(string Ticket) : StarterAction;

    /// <summary>Tells a worker once more to go.</summary>
    public sealed record Remind(int Number, string Signal) : StarterAction;

    /// <summary>Tells all workers to go; the supervisor ends when they have.</summary>
    public sealed record Shutdown(string Signal) : StarterAction;

    public sealed record WriteStatus(IReadOnlyList<StatusLine> Workers) : StarterAction;

    /// <summary>The first worker is up, or why it is not; a daemon's parent waits for it.</summary>
    public sealed record Report(string? Failure) : StarterAction;
}
