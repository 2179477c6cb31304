namespace Slipway.Agent.Deployments;

/// <summary>What a generation must go on doing once it is ready.</summary>
/// <param name="Probe">How it is asked; its interval and time limit.</param>
/// <param name="Failures">How many in a row make it count as dead.</param>
/// <param name="InitialDelay">How long after it became ready the first try is made.</param>
/// <param name="Watchdog">The longest pause between two words of a program with a watchdog.</param>
internal sealed record LivenessSpec(ReadinessSpec Probe, int Failures, TimeSpan InitialDelay, TimeSpan Watchdog);
