using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.ControlPlane.Storage;

namespace Slipway.ControlPlane.Releases;

/// <summary>Removes uploads that nobody went on with, and blobs that no release names.</summary>
internal sealed partial class BlobSweepLoop(
    BlobStore blobs,
    Database database,
    IOptions<ReleasesOptions> options,
    TimeProvider time,
    ILogger<BlobSweepLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>One round; gives how many blobs it removed.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var then = time.GetUtcNow() - options.Value.UnusedLifetime;
        var candidates = blobs.UntouchedSince(then);
        if (candidates.Count == 0)
        {
            return 0;
        }

        var named = await database.ReadAsync(
            async (context, token) =>
                (await context.Artifacts.Select(row => row.Digest).Distinct().ToListAsync(token)).ToHashSet(),
            cancellationToken);
        var removed = candidates.Count(digest => !named.Contains(digest.ToString()) && blobs.Remove(digest, then));
        if (removed > 0)
        {
            Log.Swept(logger, removed);
        }

        return removed;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                Log.Failed(logger, exception);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Removed {Count} artifacts and unfinished uploads that nobody needs")]
        public static partial void Swept(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Warning, "Could not remove unneeded artifacts; it is tried again in an hour")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
