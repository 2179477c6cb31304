namespace Slipway.Agent.Starter;

/// <summary>What the planner is told.</summary>
internal abstract record StarterEvent
{
    /// <summary>A restart is asked for.</summary>
    public sealed record HangUp : StarterEvent;

    /// <summary>The end is asked for, by a signal of this name.</summary>
    public sealed record Terminate(string Signal) : StarterEvent;

    /// <summary>The supervisor's plan is another one, or time has passed.</summary>
    public sealed record Look : StarterEvent;
}
