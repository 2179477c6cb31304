using System.Threading.Channels;

namespace Slipway.ControlPlane.Messaging;

/// <summary>Carries hints that something changed: "look again", never what.</summary>
/// <remarks>A lost hint costs seconds, never truth.</remarks>
internal interface IHintBus
{
    /// <summary>Tells every subscriber of a prefix of the topic, here and on the other replicas.</summary>
    void Publish(string topic);

    /// <summary>The hints whose topic begins so, until it is disposed of.</summary>
    HintSubscription Subscribe(string topicPrefix);
}

/// <summary>The topics, in one place.</summary>
internal static class HintTopic
{
    public const string Agents = "agent/";
    public const string Rollouts = "rollout/";
    public const string Applications = "application/";

    /// <summary>What agents say, against what they are told.</summary>
    public const string Sightings = "seen/";

    public static string Agent(Guid id) => $"{Agents}{id}";

    public static string Sighting(Guid id) => $"{Sightings}{id}";

    public static string Rollout(Guid id) => $"{Rollouts}{id}";

    public static string Environment(string application, string environment) =>
        $"environment/{application}/{environment}";

    public static string Application(string application) => $"{Applications}{application}";
}

/// <summary>One subscriber's hints. When it reads too slowly the oldest ones go.</summary>
internal sealed class HintSubscription(string topicPrefix, Action<HintSubscription> unsubscribe) : IDisposable
{
    /// <summary>Said after a break in which hints may have been lost: compare everything.</summary>
    public const string All = "*";

    private const int Capacity = 4096;

    private readonly Channel<string> _hints = Channel.CreateBounded<string>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest });

    public ChannelReader<string> Hints => _hints.Reader;

    public void Offer(string topic)
    {
        if (topic == All || topic.StartsWith(topicPrefix, StringComparison.Ordinal))
        {
            _hints.Writer.TryWrite(topic);
        }
    }

    /// <summary>Waits for a hint, but no longer than this; takes all that are there. Empty: it was the time.</summary>
    public async Task<IReadOnlySet<string>> NextAsync(
        TimeSpan longest,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var topics = new HashSet<string>();
        try
        {
            await Hints.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return topics;
        }

        while (Hints.TryRead(out var topic))
        {
            topics.Add(topic);
        }

        return topics;
    }

    public void Dispose()
    {
        unsubscribe(this);
        _hints.Writer.TryComplete();
    }
}
