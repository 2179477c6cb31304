namespace Slipway.Agent.Starter;

/// <summary>What a running daemon goes by; the files of an envdir can change it at any time.</summary>
/// <param name="KillOldDelay">How long a new worker is watched beside the old ones before these are told to go.</param>
/// <param name="AutoRestart">The time between restarts that nobody asks for; null: there are none.</param>
internal sealed record StarterSettings(TimeSpan KillOldDelay, TimeSpan? AutoRestart);
