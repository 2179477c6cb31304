namespace Slipway.Agent.Supervisor;

/// <summary>The verbs of the supervisor's socket. Each can be said twice: the ticket tells a repetition.</summary>
internal enum SupervisorVerb
{
    Unspecified = 0,

    /// <summary>Answers the state.</summary>
    State = 1,

    /// <summary>Starts a generation beside the current one; returns at once.</summary>
    Start = 2,

    /// <summary>Makes the ticket's ready generation the current one; the older ones are asked to finish.</summary>
    Promote = 3,

    /// <summary>Stops the ticket's generation unless it is the current one.</summary>
    Discard = 4,

    /// <summary>Answers the state now, and again at each change, until the connection is closed.</summary>
    Watch = 5,

    /// <summary>Stops all generations, then the supervisor itself.</summary>
    Shutdown = 6,

    /// <summary>
    /// Exchanges the supervisor's own program for another, in place; returns at once, the state tells the outcome.
    /// </summary>
    Upgrade = 7,
}
