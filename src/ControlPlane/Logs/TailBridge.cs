using System.Text.Json;
using System.Threading.Channels;
using Grpc.Core;
using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Registry;

namespace Slipway.ControlPlane.Logs;

/// <summary>
/// Joins a reader at one replica with a supply that arrives at another, over Redis. No more than a few parts are on
/// their way: each side counts, so that a message that got lost ends the supply, and the reader asks anew.
/// </summary>
internal sealed class TailBridge(ReplicaBus bus, IHintBus hints, SessionHub sessions, TimeProvider time)
    : BackgroundService
{
    private const string Asks = "slipway:tail:ask";
    private const int MostAsks = 256;
    private const long Probe = -1;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(20);

    // Whoever is not answered asks anew.
    private readonly Channel<Ask> _asks = Channel.CreateBounded<Ask>(
        new BoundedChannelOptions(MostAsks) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly ReplicaBus _bus = bus;
    private readonly TimeProvider _time = time;

    /// <summary>Takes the supply also from another replica, until it is disposed; null: none can be reached.</summary>
    /// <remarks>An agent's supply is a connection of its own: a balancer may bring it to any replica.</remarks>
    public async Task<IAsyncDisposable?> ListenAsync(TailLeg leg)
    {
        var reader = new RemoteReader(this, leg);
        if (await _bus.SubscribeAsync(DataOf(leg.Id), reader.Heard) is not { } subscription)
        {
            return null;
        }

        reader.Begin(subscription);

        // Right after Redis has come back a subscription may not have reached it yet.
        var probe = JsonSerializer.Serialize(new Parcel(Probe, leg.AgentId, Part: null));
        if (await _bus.PublishAsync(DataOf(leg.Id), probe))
        {
            return reader;
        }

        await reader.DisposeAsync();
        return null;
    }

    /// <summary>Asks an agent that is connected to this replica; null: it was asked.</summary>
    public static TailPart? AskHere(AgentSession session, TailOrder order)
    {
        if (!session.CanTail)
        {
            return TailPart.Refusal(
                "AGENT_TOO_OLD", "its agent cannot supply logs: upgrade it to the control plane's version.");
        }

        return session.Ask(order) ? null : TailPart.Refusal(
            "TOO_MANY_TAILS", "it is asked for too many logs at once: end another reader, or try again later.");
    }

    /// <summary>Asks the replica that holds the session; false: none can be reached.</summary>
    public Task<bool> AskAsync(Guid agentId, TailOrder order) =>
        _bus.PublishAsync(Asks, JsonSerializer.Serialize(new Ask(agentId, order)));

    /// <summary>Hands on what an agent supplies to whoever waits for it elsewhere.</summary>
    /// <returns>False: nobody does.</returns>
    public async Task<bool> ForwardAsync(
        string id, Guid agentId, IAsyncEnumerable<TailPart> parts, CancellationToken cancellationToken)
    {
        // It comes from outside and becomes a channel's name.
        if (id.Length != TailHub.IdDigits || !id.All(char.IsAsciiHexDigitLower))
        {
            return false;
        }

        using var credit = new Credit();
        await using var subscription = await _bus.SubscribeAsync(BackOf(id), credit.Heard);
        if (subscription is null || !await SendAsync(new(0, agentId, Part: null)))
        {
            return false;
        }

        if (!await credit.ReachesAsync(0, Beat, _time, cancellationToken))
        {
            // If somebody waits after all, and was not heard: let him ask anew.
            await SendAsync(new(1, agentId, Part: null));
            return false;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(credit.Ended, cancellationToken);
        var number = 1L;
        try
        {
            await foreach (var part in parts.WithCancellation(either.Token))
            {
                if (!await credit.ReachesAsync(number - TailLeg.Room, Silence, _time, either.Token)
                    || !await SendAsync(new(number, agentId, part)))
                {
                    return true;
                }

                number++;
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or RpcException)
        {
            // Nobody reads any more, or the agent went away.
        }

        await SendAsync(new(number, agentId, Part: null));
        return true;

        Task<bool> SendAsync(Parcel parcel) => _bus.PublishAsync(DataOf(id), JsonSerializer.Serialize(parcel));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Once Redis is there, everything is hinted at.
        using var connected = hints.Subscribe(Asks);
        while (_bus.CanBeShared && await _bus.SubscribeAsync(Asks, Answer) is null)
        {
            await connected.NextAsync(Retry, _time, stoppingToken);
        }

        await foreach (var ask in _asks.Reader.ReadAllAsync(stoppingToken))
        {
            if (sessions.Find(ask.AgentId) is { } session && AskHere(session, ask.Order) is { } refusal)
            {
                await RefuseAsync(ask, refusal);
            }
        }
    }

    private static string DataOf(string id) => $"slipway:tail:{id}";

    private static string BackOf(string id) => $"slipway:tail:{id}:back";

    private void Answer(string text)
    {
        if (JsonSerializer.Deserialize<Ask>(text) is { } ask)
        {
            _asks.Writer.TryWrite(ask);
        }
    }

    /// <summary>A supply of one part, in the agent's stead.</summary>
    private async Task RefuseAsync(Ask ask, TailPart refusal)
    {
        foreach (var (number, part) in new[] { null, refusal, null }.Index())
        {
            await _bus.PublishAsync(
                DataOf(ask.Order.Id), JsonSerializer.Serialize(new Parcel(number, ask.AgentId, part)));
        }
    }

    private sealed record Ask(Guid AgentId, TailOrder Order);

    /// <summary>No part: that was all.</summary>
    private sealed record Parcel(long Number, Guid AgentId, TailPart? Part);

    /// <summary>What the reader's side says back: how many parts were taken, and whether it has left.</summary>
    private sealed record Receipt(long Taken, bool HasLeft);

    /// <summary>The reader's side: takes parcels in order, and says how many were taken.</summary>
    private sealed class RemoteReader(TailBridge bridge, TailLeg leg) : IAsyncDisposable
    {
        private readonly CancellationTokenSource _ending = new();
        private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        private IAsyncDisposable? _subscription;
        private Task _telling = Task.CompletedTask;
        private long _expected;

        public void Begin(IAsyncDisposable subscription)
        {
            _subscription = subscription;
            leg.WasTaken = Tell;
            _telling = TellAsync();
        }

        public void Heard(string text)
        {
            if (JsonSerializer.Deserialize<Parcel>(text) is not { } parcel || parcel.AgentId != leg.AgentId
                || parcel.Number == Probe)
            {
                return;
            }

            // The first one only asks whether anybody is here.
            var isNext = parcel.Number == _expected++;
            if (isNext && parcel is { Number: 0 })
            {
                Tell();
            }
            else if (!isNext || parcel.Part is null || !leg.TrySupply(parcel.Part))
            {
                leg.Complete();
            }
        }

        public async ValueTask DisposeAsync()
        {
            leg.WasTaken = null;
            await _ending.CancelAsync();
            await _telling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await SayAsync(hasLeft: true);
            if (_subscription is { } subscription)
            {
                await subscription.DisposeAsync();
            }

            _ending.Dispose();
        }

        private void Tell() => _news.Writer.TryWrite(item: true);

        private async Task TellAsync()
        {
            while (true)
            {
                using var limit = new CancellationTokenSource(Beat, bridge._time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _ending.Token);
                try
                {
                    await _news.Reader.ReadAsync(either.Token);
                }
                catch (OperationCanceledException) when (!_ending.IsCancellationRequested)
                {
                    // It is said again, in case it was lost.
                }

                await SayAsync(hasLeft: false);
            }
        }

        private Task<bool> SayAsync(bool hasLeft) =>
            bridge._bus.PublishAsync(BackOf(leg.Id), JsonSerializer.Serialize(new Receipt(leg.Taken, hasLeft)));
    }

    /// <summary>The supply's side: how many parts were taken, as far as the reader has said.</summary>
    private sealed class Credit : IDisposable
    {
        private readonly CancellationTokenSource _ended = new();
        private readonly Channel<long> _heard = Channel.CreateBounded<long>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });

        private long _taken = -1;

        /// <summary>The reader has left.</summary>
        public CancellationToken Ended => _ended.Token;

        public void Heard(string text)
        {
            if (JsonSerializer.Deserialize<Receipt>(text) is { } receipt)
            {
                _heard.Writer.TryWrite(receipt.Taken);
                if (receipt.HasLeft)
                {
                    _ended.Cancel();
                }
            }
        }

        /// <summary>Waits until so many were taken; false: the reader says nothing any more.</summary>
        public async Task<bool> ReachesAsync(
            long count, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
        {
            while (_taken < count)
            {
                using var limit = new CancellationTokenSource(patience, time);
                using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
                try
                {
                    _taken = Math.Max(_taken, await _heard.Reader.ReadAsync(either.Token));
                }
                catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
                {
                    return false;
                }
            }

            return true;
        }

        public void Dispose() => _ended.Dispose();
    }
}
