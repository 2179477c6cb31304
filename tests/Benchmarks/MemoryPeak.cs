using Tests.Kit.Programs;

namespace Tests.Benchmarks;

/// <summary>Watches the resident memory of some processes until it is disposed.</summary>
internal sealed class MemoryPeak : IAsyncDisposable
{
    private readonly int[] _pids;
    private readonly long[] _peaks;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    public MemoryPeak(params int[] pids)
    {
        _pids = pids;
        _peaks = new long[pids.Length];
        _loop = WatchAsync();
    }

    /// <summary>In MB, in the order of the processes.</summary>
    public double this[int index] => Math.Round(_peaks[index] / 1e6, 1);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            for (var index = 0; index < _pids.Length; index++)
            {
                _peaks[index] = Math.Max(_peaks[index], ProcessTable.Resident(_pids[index]));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
