namespace Slipway.Shared.Modules;

/// <summary>
/// Holds what must outlive a change of configuration: the old and the new one lease the same value, and it is disposed
/// when the last lease ends.
/// </summary>
/// <typeparam name="TKey">What makes two values the same.</typeparam>
/// <typeparam name="TValue">What is shared; disposed if it can be.</typeparam>
public sealed class UsagePool<TKey, TValue>
    where TKey : notnull
    where TValue : class
{
    private readonly Dictionary<TKey, Entry> _entries = [];
    private readonly Lock _gate = new();

    /// <summary>Leases the key's value until the module's configuration is unloaded.</summary>
    public async Task<TValue> AcquireAsync(ModuleContext context, TKey key, Func<Task<TValue>> create)
    {
        ArgumentNullException.ThrowIfNull(context);

        var lease = await AcquireAsync(key, create);
        context.OnUnload(lease.DisposeAsync);
        return lease.Value;
    }

    /// <summary>Leases the key's value, which <paramref name="create"/> makes if nobody holds it.</summary>
    public async Task<UsageLease<TValue>> AcquireAsync(TKey key, Func<Task<TValue>> create)
    {
        Entry? entry;
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out entry) && entry.References > 0)
            {
                entry.References++;
            }
            else
            {
                // A value that is being closed still has its file or port: its successor waits.
                var predecessor = entry?.Closed.Task ?? Task.CompletedTask;
                _entries[key] = entry = new(async () =>
                {
                    await predecessor;
                    return await create();
                });
            }
        }

        try
        {
            return new(await entry.Value.Value, () => ReleaseAsync(key, entry));
        }
        catch
        {
            await ReleaseAsync(key, entry);
            throw;
        }
    }

    /// <summary>How many leases the key's value has.</summary>
    public int References(TKey key)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(key, out var entry) ? entry.References : 0;
        }
    }

    private async ValueTask ReleaseAsync(TKey key, Entry entry)
    {
        lock (_gate)
        {
            if (--entry.References > 0)
            {
                return;
            }
        }

        try
        {
            await CloseAsync(entry);
        }
        finally
        {
            lock (_gate)
            {
                if (_entries.TryGetValue(key, out var latest) && latest == entry)
                {
                    _entries.Remove(key);
                }
            }

            entry.Closed.SetResult();
        }
    }

    private static async ValueTask CloseAsync(Entry entry)
    {
        if (!entry.Value.Value.IsCompletedSuccessfully)
        {
            return;
        }

        switch (await entry.Value.Value)
        {
            case IAsyncDisposable value:
                await value.DisposeAsync();
                break;
            case IDisposable value:
                value.Dispose();
                break;
        }
    }

    private sealed class Entry(Func<Task<TValue>> create)
    {
        public Lazy<Task<TValue>> Value { get; } = new(create);

        public TaskCompletionSource Closed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int References { get; set; } = 1;
    }
}
