namespace Slipway.Shared.Modules;

/// <summary>One holder's share of a pooled value; disposing it twice gives it back once.</summary>
public sealed class UsageLease<TValue> : IAsyncDisposable
    where TValue : class
{
    private Func<ValueTask>? _release;

    internal UsageLease(TValue value, Func<ValueTask> release)
    {
        Value = value;
        _release = release;
    }

    public TValue Value { get; }

    public ValueTask DisposeAsync() =>
        Interlocked.Exchange(ref _release, value: null)?.Invoke() ?? ValueTask.CompletedTask;
}
