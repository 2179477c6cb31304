namespace Slipway.Agent.Supervisor;

/// <summary>Where a generation is.</summary>
internal enum GenerationPhase
{
    Unspecified = 0,

    /// <summary>Its process was started and is not ready yet.</summary>
    Starting = 1,

    /// <summary>It is ready and serves beside the current one.</summary>
    Ready = 2,

    /// <summary>The one that is kept running: restarted, with back-off, when it ends by itself.</summary>
    Current = 3,

    /// <summary>It was asked to finish.</summary>
    Draining = 4,

    /// <summary>It ended as asked.</summary>
    Ended = 5,

    /// <summary>It never became ready, or ended before it was promoted.</summary>
    Failed = 6,

    /// <summary>The current one ended by itself and waits for its next start.</summary>
    BackingOff = 7,
}
