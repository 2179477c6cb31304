using Microsoft.Extensions.Logging;

namespace Slipway.Agent.Link;

/// <summary>Renews the certificate at a random point of each one's life, and tries on until it has one.</summary>
internal sealed partial class RenewalLoop(LinkSpec spec, IdentityStore store, EnrollmentClient client, LinkParts parts)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    private readonly ILogger _logger = parts.Logger;
    private readonly Random _random = parts.Roll();

    /// <summary>Between half and four fifths of a life: a fleet that enrolled at once renews one by one.</summary>
    public static double Share(Random random) => 0.5 + (0.3 * random.NextDouble());

    /// <summary>Ends only when it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_random);
        var isTold = false;
        var share = Share(_random);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await RenewAsync(share, cancellationToken);
                share = Share(_random);
                backoff.Reset();
                isTold = false;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (Refusal.Covers(exception))
            {
                var refusal = Refusal.Of(exception, spec.ControlPlane);
                if (!isTold)
                {
                    Log.NotRenewed(_logger, refusal.Problem.Message);
                }

                isTold = true;
                var delay = refusal.NeedsPerson ? backoff.NextSlow() : backoff.Next();
                await Task.Delay(delay, parts.TimeProvider, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RenewAsync(double share, CancellationToken cancellationToken)
    {
        var identity = (await store.WhenKnownAsync(cancellationToken)).Identity;
        await WaitUntilAsync(identity.At(share), cancellationToken);
        var renewed = store.Save(await client.RenewAsync(identity, cancellationToken));
        store.Publish(new(spec.ControlPlane, renewed));
        Log.Renewed(_logger, renewed.NotAfter);
    }

    // In steps: a clock that is set forward must not be noticed days later.
    private async Task WaitUntilAsync(DateTimeOffset time, CancellationToken cancellationToken)
    {
        while (time - parts.TimeProvider.GetUtcNow() is var left && left > TimeSpan.Zero)
        {
            await Task.Delay(left < LongestWait ? left : LongestWait, parts.TimeProvider, cancellationToken);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Renewed the certificate; it is good until {NotAfter:u}")]
        public static partial void Renewed(ILogger logger, DateTimeOffset notAfter);

        [LoggerMessage(2, LogLevel.Warning, "Could not renew the certificate, trying on: {Why}")]
        public static partial void NotRenewed(ILogger logger, string why);
    }
}
