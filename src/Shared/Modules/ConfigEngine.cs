using System.Text.Json;

namespace Slipway.Shared.Modules;

/// <summary>
/// Swaps whole configurations: the new apps are made and started beside the old ones; only then do the old ones stop.
/// If anything fails, the new ones are undone in reverse, and the old ones never noticed.
/// </summary>
/// <param name="registry">The modules that there are.</param>
/// <param name="services">What modules may ask the process for.</param>
/// <param name="grace">How long stopping apps may finish their work.</param>
/// <param name="timeProvider">The clock of the grace.</param>
/// <param name="report">Told of failures while stopping and undoing, which nobody can help; must not throw.</param>
public sealed class ConfigEngine(
    ModuleRegistry registry,
    IServiceProvider services,
    TimeSpan grace,
    TimeProvider timeProvider,
    Action<string, Exception> report) : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private Generation? _current;

    /// <summary>Makes the configuration the one in force, in whole or not at all.</summary>
    /// <exception cref="ConfigException">It was refused; the one before is untouched.</exception>
    public async Task<LoadResult> LoadAsync(
        IReadOnlyDictionary<string, JsonElement> apps, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(apps);

        await _one.WaitAsync(cancellationToken);
        try
        {
            var old = _current;
            if (old is not null && AreEqual(old.Apps, apps))
            {
                return LoadResult.Unchanged;
            }

            var next = await ProvisionAsync(apps, cancellationToken);
            await StartAsync(next, cancellationToken);
            _current = next;
            next.Commit();
            if (old is not null)
            {
                await UnloadAsync(old);
            }

            return LoadResult.Applied;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Goes as far as one can without starting anything.</summary>
    /// <exception cref="ConfigException">What is wrong with it.</exception>
    public async Task ValidateAsync(IReadOnlyDictionary<string, JsonElement> apps, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(apps);

        var generation = await ProvisionAsync(apps, cancellationToken);
        await generation.DisposeAsync();
    }

    /// <summary>Stops what runs, the last that was started first.</summary>
    public async Task StopAsync()
    {
        await _one.WaitAsync(CancellationToken.None);
        try
        {
            if (_current is { } generation)
            {
                _current = null;
                await UnloadAsync(generation);
            }
        }
        finally
        {
            _one.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _one.Dispose();
    }

    private static bool AreEqual(
        IReadOnlyDictionary<string, JsonElement> left, IReadOnlyDictionary<string, JsonElement> right) =>
        left.Count == right.Count
        && left.All(app => right.TryGetValue(app.Key, out var other) && JsonElement.DeepEquals(app.Value, other));

    private async Task<Generation> ProvisionAsync(
        IReadOnlyDictionary<string, JsonElement> apps, CancellationToken cancellationToken)
    {
        var generation = new Generation(registry, apps, services, report);
        try
        {
            await generation.ProvisionAsync(cancellationToken);
            return generation;
        }
        catch
        {
            await generation.DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync(Generation generation, CancellationToken cancellationToken)
    {
        var tried = new Stack<(string Path, IApp App)>();
        try
        {
            foreach (var app in generation.StartOrder)
            {
                tried.Push(app);
                await app.App.StartAsync(cancellationToken);
            }
        }
        catch (Exception exception)
        {
            // The app that failed half-way is stopped too.
            var path = tried.TryPeek(out var failed) ? failed.Path : "";
            await StopAllAsync(tried);
            await generation.DisposeAsync();
            if (exception is ConfigException or OperationCanceledException)
            {
                throw;
            }

            throw new ConfigException(path, $"could not start: {exception.Message}", exception);
        }
    }

    private async Task UnloadAsync(Generation generation)
    {
        await StopAllAsync(new(generation.StartOrder));
        await generation.DisposeAsync();
    }

    private async Task StopAllAsync(Stack<(string Path, IApp App)> apps)
    {
        using var graceEnds = new CancellationTokenSource(grace, timeProvider);
        while (apps.TryPop(out var app))
        {
            try
            {
                await app.App.StopAsync(graceEnds.Token);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                report(app.Path, exception);
            }
        }
    }
}
