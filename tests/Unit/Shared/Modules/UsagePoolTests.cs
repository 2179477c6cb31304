using Slipway.Shared.Modules;

namespace Tests.Unit.Shared.Modules;

public class UsagePoolTests
{
    private readonly UsagePool<string, Value> _pool = new();

    [Fact]
    public async Task Two_leases_share_one_value_and_the_last_disposes_it()
    {
        var first = await _pool.AcquireAsync("a", Value.CreateAsync);
        var second = await _pool.AcquireAsync("a", Value.CreateAsync);

        await first.DisposeAsync();
        await first.DisposeAsync();
        var isDisposedEarly = second.Value.IsDisposed;
        await second.DisposeAsync();

        Assert.Same(first.Value, second.Value);
        Assert.False(isDisposedEarly);
        Assert.True(second.Value.IsDisposed);
    }

    [Fact]
    public async Task A_value_that_could_not_be_made_is_made_anew_the_next_time()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => _pool.AcquireAsync("a", () => throw new InvalidOperationException()));

        var lease = await _pool.AcquireAsync("a", Value.CreateAsync);

        Assert.Equal(1, _pool.References("a"));
        await lease.DisposeAsync();
    }

    [Fact]
    public async Task A_successor_waits_until_its_predecessor_is_closed()
    {
        var mayClose = new TaskCompletionSource();
        var first = await _pool.AcquireAsync("a", () => Task.FromResult(new Value(mayClose.Task)));
        var closing = first.DisposeAsync();

        var second = _pool.AcquireAsync("a", Value.CreateAsync);
        var hasWaited = !second.IsCompleted;
        mayClose.SetResult();
        await closing;

        Assert.True(hasWaited);
        Assert.NotSame(first.Value, (await second).Value);
        Assert.Equal(1, _pool.References("a"));
    }

    internal sealed class Value(Task? mayClose = null) : IAsyncDisposable
    {
        public bool IsDisposed { get; private set; }

        public static Task<Value> CreateAsync() => Task.FromResult(new Value());

        public async ValueTask DisposeAsync()
        {
            await (mayClose ?? Task.CompletedTask);
            IsDisposed = true;
        }
    }
}
