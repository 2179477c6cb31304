using StackExchange.Redis;

namespace Slipway.ControlPlane.Messaging;

/// <summary>Messages between control planes that share a Redis; what is said while it is away is lost.</summary>
internal sealed class ReplicaBus(RedisHintBus? hints)
{
    /// <summary>Whether there may be others at all: a Redis is configured.</summary>
    public bool CanBeShared => hints is not null;

    /// <summary>False: it was not said.</summary>
    public async Task<bool> PublishAsync(string channel, string text)
    {
        try
        {
            return hints?.Redis is { } redis
                && await redis.GetSubscriber().PublishAsync(RedisChannel.Literal(channel), text) > 0;
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Calls back for each message, one after the other; null: Redis is away.</summary>
    public async Task<IAsyncDisposable?> SubscribeAsync(string channel, Action<string> heard)
    {
        try
        {
            if (hints?.Redis is not { } redis)
            {
                return null;
            }

            var queue = await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal(channel));
            queue.OnMessage(message => heard(message.Message.ToString()));
            return new Subscription(queue);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
            return null;
        }
    }

    private sealed class Subscription(ChannelMessageQueue queue) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            try
            {
                await queue.UnsubscribeAsync();
            }
            catch (Exception exception) when (
                exception is RedisException or TimeoutException or ObjectDisposedException)
            {
                // It went with the connection.
            }
        }
    }
}
