using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Slipway.ControlPlane.Messaging;

/// <summary>Hints between control planes, over Redis pub/sub; within this one they take the short way.</summary>
/// <remarks>It never fails a caller: without Redis, the others look again by themselves within seconds.</remarks>
internal sealed partial class RedisHintBus(
    IOptions<RedisOptions> options,
    TimeProvider time,
    ILogger<RedisHintBus> logger) : BackgroundService, IHintBus
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);
    private static readonly RedisChannel Channel = RedisChannel.Literal("slipway:hints");

    private readonly InProcessHintBus _local = new();
    private readonly string _self = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
    private volatile ConnectionMultiplexer? _redis;

    /// <summary>The connection; null as long as there is none.</summary>
    public ConnectionMultiplexer? Redis => _redis is { IsConnected: true } redis ? redis : null;

    public void Publish(string topic)
    {
        _local.Publish(topic);
        if (_redis is not { IsConnected: true } redis)
        {
            return;
        }

        try
        {
            redis.GetSubscriber().Publish(Channel, $"{_self} {topic}", CommandFlags.FireAndForget);
        }
        catch (Exception exception) when (exception is RedisException or ObjectDisposedException)
        {
            Log.NotPublished(logger, exception.Message);
        }
    }

    public HintSubscription Subscribe(string topicPrefix) => _local.Subscribe(topicPrefix);

    public override void Dispose()
    {
        _redis?.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_redis is null)
        {
            try
            {
                await ConnectAsync();
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException)
            {
                Log.NotConnected(logger, exception.Message);
                await Task.Delay(RetryPause, time, stoppingToken);
            }
        }
    }

    private async Task ConnectAsync()
    {
        var configuration = ConfigurationOptions.Parse(options.Value.Configuration!);
        configuration.AbortOnConnectFail = false;
        configuration.ClientName ??= "slipway-control-plane";
        var redis = await ConnectionMultiplexer.ConnectAsync(configuration);
        redis.ConnectionRestored += (_, _) =>
        {
            Log.Restored(logger);
            _local.Publish(HintSubscription.All);
        };
        redis.ConnectionFailed += (_, failure) => Log.Lost(logger, failure.FailureType.ToString());
        try
        {
            await redis.GetSubscriber().SubscribeAsync(Channel, (_, message) => Receive(message));
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }

        _redis = redis;
        _local.Publish(HintSubscription.All);
    }

    private void Receive(RedisValue message)
    {
        var text = message.ToString();
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && !text.AsSpan(0, space).SequenceEqual(_self))
        {
            _local.Publish(text[(space + 1)..]);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Redis is not reachable, hints reach this control plane only: {Why}")]
        public static partial void NotConnected(ILogger logger, string why);

        [LoggerMessage(2, LogLevel.Warning, "The connection to Redis was lost ({Why})")]
        public static partial void Lost(ILogger logger, string why);

        [LoggerMessage(3, LogLevel.Information, "The connection to Redis is back; comparing everything once")]
        public static partial void Restored(ILogger logger);

        [LoggerMessage(4, LogLevel.Debug, "A hint was not published: {Why}")]
        public static partial void NotPublished(ILogger logger, string why);
    }
}
