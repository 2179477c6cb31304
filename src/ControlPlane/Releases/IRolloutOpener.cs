using Slipway.ControlPlane.Identity;

namespace Slipway.ControlPlane.Releases;

/// <summary>Takes a new release to the environments that want it by themselves.</summary>
internal interface IRolloutOpener
{
    /// <summary>Opens the rollouts that automatic policies ask for; called twice, it opens them once.</summary>
    /// <returns>The ids of the rollouts.</returns>
    Task<IReadOnlyList<string>> OpenForReleaseAsync(
        string application,
        string version,
        Caller caller,
        CancellationToken cancellationToken);
}
