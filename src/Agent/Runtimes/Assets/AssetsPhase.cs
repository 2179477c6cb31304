namespace Slipway.Agent.Runtimes.Assets;

/// <summary>Where a release of static files is. The numbers are stored.</summary>
internal enum AssetsPhase
{
    Unspecified = 0,

    /// <summary>Staged; the link does not lead to it.</summary>
    Ready = 1,

    /// <summary>The link leads to it, or is about to; the hook has not ended yet.</summary>
    Switching = 2,

    /// <summary>The link leads to it.</summary>
    Current = 3,

    /// <summary>The hook has failed; the link goes back.</summary>
    Reverting = 4,

    /// <summary>The hook has failed; the link leads to what it led to before.</summary>
    Failed = 5,
}
