using System.Threading.Channels;

namespace Slipway.ControlPlane.Logs;

/// <summary>One agent's supply to one reader: a few parts are on their way, then the supplier waits.</summary>
internal sealed class TailLeg : IDisposable
{
    public const int Room = 4;

    private readonly CancellationTokenSource _ended = new();
    private readonly Channel<TailPart> _parts = Channel.CreateBounded<TailPart>(Room);
    private long _taken;

    public TailLeg(string id, Guid agentId)
    {
        (Id, AgentId) = (id, agentId);
        Ended = _ended.Token;
    }

    public string Id { get; }

    public Guid AgentId { get; }

    /// <summary>Nobody reads any more.</summary>
    public CancellationToken Ended { get; }

    /// <summary>How many parts the reader has taken.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Called after each part that the reader takes.</summary>
    public Action? WasTaken { get; set; }

    public ValueTask SupplyAsync(TailPart part, CancellationToken cancellationToken) =>
        _parts.Writer.WriteAsync(part, cancellationToken);

    public bool TrySupply(TailPart part) => _parts.Writer.TryWrite(part);

    /// <summary>There will be no more.</summary>
    public void Complete() => _parts.Writer.TryComplete();

    /// <summary>The next part; null: the supply has ended.</summary>
    public async Task<TailPart?> NextAsync(CancellationToken cancellationToken)
    {
        while (await _parts.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_parts.Reader.TryRead(out var part))
            {
                Interlocked.Increment(ref _taken);
                WasTaken?.Invoke();
                return part;
            }
        }

        return null;
    }

    public void Dispose()
    {
        Complete();
        _ended.Cancel();
        _ended.Dispose();
    }
}
