using Slipway.ControlPlane.Messaging;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Keeps rollouts going: at each hint, and every two seconds whatever was lost.</summary>
internal sealed partial class RolloutLoop(
    RolloutRound round,
    IHintBus hints,
    TimeProvider time,
    ILogger<RolloutLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Backstop = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = hints.Subscribe("");
        while (true)
        {
            var topics = await subscription.NextAsync(Backstop, time, stoppingToken);
            if (topics.Count > 0 && !topics.Any(IsOurs))
            {
                continue;
            }

            try
            {
                await round.RunAsync(time.GetUtcNow(), stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Log.Failed(logger, exception);
                await Task.Delay(Backstop, time, stoppingToken);
            }
        }
    }

    private static bool IsOurs(string topic) => topic == HintSubscription.All
        || topic.StartsWith(HintTopic.Sightings, StringComparison.Ordinal)
        || topic.StartsWith(HintTopic.Rollouts, StringComparison.Ordinal)
        || topic.StartsWith(HintTopic.Applications, StringComparison.Ordinal);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A look at the rollouts failed; trying again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
