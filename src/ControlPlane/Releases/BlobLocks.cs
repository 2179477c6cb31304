using Slipway.Shared.Artifacts;

namespace Slipway.ControlPlane.Releases;

/// <summary>One writer for each blob; the others wait for their turn.</summary>
internal sealed class BlobLocks
{
    private readonly Dictionary<Digest, Turn> _turns = [];

    public async Task<IDisposable> EnterAsync(Digest digest, CancellationToken cancellationToken)
    {
        var turn = Join(digest);
        try
        {
            await turn.Free.WaitAsync(cancellationToken);
        }
        catch
        {
            Leave(digest, turn);
            throw;
        }

        return new Holder(this, digest, turn);
    }

    /// <summary>Null when somebody has it.</summary>
    public IDisposable? TryEnter(Digest digest)
    {
        var turn = Join(digest);
        if (turn.Free.Wait(TimeSpan.Zero))
        {
            return new Holder(this, digest, turn);
        }

        Leave(digest, turn);
        return null;
    }

    private Turn Join(Digest digest)
    {
        lock (_turns)
        {
            if (!_turns.TryGetValue(digest, out var turn))
            {
                _turns[digest] = turn = new();
            }

            turn.Users++;
            return turn;
        }
    }

    private void Leave(Digest digest, Turn turn)
    {
        lock (_turns)
        {
            if (--turn.Users == 0)
            {
                _turns.Remove(digest);
                turn.Free.Dispose();
            }
        }
    }

    private sealed class Turn
    {
        public SemaphoreSlim Free { get; } = new(1, 1);

        public int Users { get; set; }
    }

    private sealed class Holder(BlobLocks locks, Digest digest, Turn turn) : IDisposable
    {
        public void Dispose()
        {
            turn.Free.Release();
            locks.Leave(digest, turn);
        }
    }
}
