using Slipway.ControlPlane.Identity;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Releases;

/// <summary>Has rollouts opened for a new release, while somebody waits to hear of them.</summary>
/// <remarks>The release and its event are committed: what fails here, the outbox makes up for.</remarks>
internal sealed partial class ReleaseAnnouncer(IRolloutOpener opener, ILogger<ReleaseAnnouncer> logger)
{
    public async Task<IReadOnlyList<string>> AnnounceAsync(
        ReleaseSpec release,
        Caller caller,
        CancellationToken cancellationToken)
    {
        try
        {
            return await opener.OpenForReleaseAsync(release.Application, release.Version, caller, cancellationToken);
        }
        catch (ProblemException exception)
        {
            Log.NotOpened(logger, release.Application, release.Version, exception);
            return [];
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "No rollout was opened yet for {Application} {Version}")]
        public static partial void NotOpened(ILogger logger, string application, string version, Exception exception);
    }
}
