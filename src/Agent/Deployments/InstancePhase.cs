namespace Slipway.Agent.Deployments;

/// <summary>Where one run of a program is.</summary>
internal enum InstancePhase
{
    Unspecified = 0,

    /// <summary>Started, and not ready yet.</summary>
    Starting = 1,

    /// <summary>Ready, and serves beside the current one.</summary>
    Ready = 2,

    /// <summary>The one that is kept running.</summary>
    Current = 3,

    /// <summary>Asked to finish.</summary>
    Draining = 4,

    /// <summary>Ended as asked.</summary>
    Ended = 5,

    /// <summary>Never became ready, or ended before it was promoted.</summary>
    Failed = 6,

    /// <summary>The current one, which ended by itself and waits for its next start.</summary>
    BackingOff = 7,

    /// <summary>Promoted, and whether it stays is not known yet.</summary>
    Confirming = 8,
}
