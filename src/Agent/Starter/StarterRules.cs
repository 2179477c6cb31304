namespace Slipway.Agent.Starter;

/// <summary>What the planner goes by all the time.</summary>
/// <param name="Interval">How long a new worker has to live, and the pause between attempts.</param>
/// <param name="SignalOnHup">What tells old workers to go.</param>
/// <param name="SignalOnTerm">What tells all to go when the daemon is told.</param>
/// <param name="Command">The program, for messages.</param>
internal sealed record StarterRules(TimeSpan Interval, string SignalOnHup, string SignalOnTerm, string Command);
