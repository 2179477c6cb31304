using System.Text.Json;

namespace Slipway.Shared.Modules;

/// <summary>Everything that one configuration made, and how to take it back.</summary>
internal sealed class Generation(
    ModuleRegistry registry,
    IReadOnlyDictionary<string, JsonElement> apps,
    IServiceProvider services,
    Action<string, Exception> report) : IAsyncDisposable
{
    private readonly CancellationTokenSource _unloading = new();
    private readonly Stack<(string Path, Func<ValueTask> Undo)> _undo = new();
    private readonly Dictionary<string, Task<object>> _apps = new(StringComparer.Ordinal);
    private readonly List<(string Path, IApp App)> _startOrder = [];
    private readonly List<ICommit> _commits = [];

    public ModuleRegistry Registry => registry;

    public IReadOnlyDictionary<string, JsonElement> Apps => apps;

    public IServiceProvider Services => services;

    public CancellationToken Unloading => _unloading.Token;

    /// <summary>Apps in the order in which they were complete: what others need comes first.</summary>
    public IReadOnlyList<(string Path, IApp App)> StartOrder => _startOrder;

    public void OnUnload(string path, Func<ValueTask> undo) => _undo.Push((path, undo));

    public void OnCommit(ICommit commit) => _commits.Add(commit);

    public void Commit() => _commits.ForEach(commit => commit.Commit());

    public async Task ProvisionAsync(CancellationToken cancellationToken)
    {
        var root = new ModuleContext(this, "", parent: null);
        foreach (var id in apps.Keys)
        {
            await AppAsync(id, root, cancellationToken);
        }
    }

    /// <summary>An app is made once, however many ask for it; its failure is everybody's.</summary>
    public Task<object> AppAsync(string id, ModuleContext asker, CancellationToken cancellationToken)
    {
        if (!_apps.TryGetValue(id, out var app))
        {
            _apps[id] = app = MakeAppAsync(id, asker, cancellationToken);
        }

        return app;
    }

    /// <summary>Gives everything back, the last first. One failure does not keep the rest.</summary>
    public async ValueTask DisposeAsync()
    {
        await _unloading.CancelAsync();
        while (_undo.TryPop(out var step))
        {
            try
            {
                await step.Undo();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                report(step.Path, exception);
            }
        }

        _unloading.Dispose();
    }

    private async Task<object> MakeAppAsync(string id, ModuleContext asker, CancellationToken cancellationToken)
    {
        var path = ModuleContext.PathOf(id);
        if (!apps.TryGetValue(id, out var raw))
        {
            throw new ConfigException(path, $"is missing, and '{asker.Path}' needs it");
        }

        var module = registry.Get("", id, path);
        var made = await asker.MakeAsync(module, raw, path, skip: null, cancellationToken) as IApp
            ?? throw new ConfigException(path, $"'{id}' is no app");
        _startOrder.Add((path, made));
        return made;
    }
}
