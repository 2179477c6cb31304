namespace Slipway.ControlPlane.Applications;

/// <summary>What a generation must go on doing once it is ready.</summary>
/// <param name="Probe">How it is asked; its interval and time limit.</param>
internal sealed record LivenessSpec(ReadinessSpec Probe)
{
    public int Failures { get; init; } = 3;

    public TimeSpan InitialDelay { get; init; }

    /// <summary>The longest pause between two words of a program with a watchdog.</summary>
    public TimeSpan Watchdog { get; init; } = TimeSpan.FromSeconds(30);
}
