namespace Slipway.Agent.Supervisor;

/// <summary>What the planner is told.</summary>
internal abstract record SupervisorEvent
{
    public sealed record Start(string Ticket, GenerationSpec Spec) : SupervisorEvent;

    public sealed record Promote(string Ticket) : SupervisorEvent;

    public sealed record Discard(string Ticket) : SupervisorEvent;

    /// <param name="Signal">What asks the programs to finish; null: what their spec says.</param>
    public sealed record Shutdown(string? Signal = null) : SupervisorEvent;

    /// <summary>A process was made for the attempt.</summary>
    public sealed record Spawned(int Number, int Pid) : SupervisorEvent;

    /// <summary>No process could be made.</summary>
    public sealed record NotSpawned(int Number, GenerationEnd End, string Detail) : SupervisorEvent;

    public sealed record BecameReady(int Number) : SupervisorEvent;

    /// <summary>Why it is not ready yet, or what it says of itself.</summary>
    public sealed record Noted(int Number, string Detail) : SupervisorEvent;

    public sealed record Ended(int Number, GenerationEnd End, string Detail) : SupervisorEvent
    {
        /// <summary>How its process ended, as wait(2) says it.</summary>
        public int WaitStatus { get; init; }

        /// <summary>The last that it wrote.</summary>
        public string Output { get; init; } = "";
    }

    /// <summary>It does not do any more what its liveness asks for.</summary>
    public sealed record Failing(int Number, GenerationEnd End, string Detail) : SupervisorEvent;

    /// <summary>It does again.</summary>
    public sealed record Recovered(int Number) : SupervisorEvent;

    /// <summary>It asks for more time to start, or to end.</summary>
    public sealed record Extended(int Number, TimeSpan Time) : SupervisorEvent;

    /// <summary>It says that it is about to end by itself.</summary>
    public sealed record Stopping(int Number) : SupervisorEvent;

    /// <summary>Time has passed.</summary>
    public sealed record Tick : SupervisorEvent;
}
