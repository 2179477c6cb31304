using Slipway.ControlPlane.Identity;

namespace Slipway.ControlPlane.Releases;

/// <summary>Opens the rollouts that a new release asks for.</summary>
internal interface IRolloutOpener
{
    /// <summary>Answers with the ids of the rollouts, one for each automatic policy that takes the release.</summary>
    Task<IReadOnlyList<string>> OpenForReleaseAsync(
        string application,
        string version,
        Caller caller,
        CancellationToken cancellationToken);
}
