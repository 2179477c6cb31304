using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Releases;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>One look at all that may have to move: new releases, active rollouts, agents behind.</summary>
internal sealed partial class RolloutRound(
    Database database,
    RolloutDriver driver,
    IRolloutOpener opener,
    CatchUp catchUp,
    ILogger<RolloutRound> logger)
{
    public async Task RunAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await OpenAutomaticAsync(now, cancellationToken);
        foreach (var id in await database.ReadAsync(RolloutStore.ActiveIdsAsync, cancellationToken))
        {
            await TryAsync(() => driver.LookAsync(id, cancellationToken));
        }

        await TryAsync(() => catchUp.RunAsync(cancellationToken));
    }

    private async Task OpenAutomaticAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var pushed = await database.ReadAsync(
            (context, token) => context.Outbox
                .Where(row => row.ProcessedAt == null && row.Kind == ReleasePushed.Kind)
                .OrderBy(row => row.Sequence)
                .ToListAsync(token),
            cancellationToken);
        foreach (var row in pushed)
        {
            var release = ReleasePushed.Read(row.PayloadJson);
            var isDone = await TryAsync(() =>
                opener.OpenForReleaseAsync(release.Application, release.Version, Caller.System, cancellationToken));
            if (isDone)
            {
                await TickOffAsync(row, now, cancellationToken);
            }
        }
    }

    private Task<int> TickOffAsync(OutboxRow row, DateTimeOffset now, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (context, token) => context.Outbox.Where(found => found.Sequence == row.Sequence)
                .ExecuteUpdateAsync(set => set.SetProperty(found => found.ProcessedAt, now), token),
            cancellationToken);

    // False: somebody else was quicker, and the next round sees what is left to do.
    private async Task<bool> TryAsync(Func<Task> step)
    {
        try
        {
            await step();
            return true;
        }
        catch (ProblemException refused)
        {
            Log.Refused(logger, refused.Problem.Reason, refused.Message);
            return refused.Problem.Code != StatusCode.Aborted;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "A step of a rollout was refused: {Reason}: {Why}")]
        public static partial void Refused(ILogger logger, string reason, string why);
    }
}
