using System.Text.Json;

namespace Slipway.Shared.Modules;

/// <summary>What a module gets while it is provisioned: guests, other apps, services, and a way to undo.</summary>
public sealed class ModuleContext
{
    /// <summary>The member of a guest's JSON that names its module.</summary>
    public const string NameMember = "module";

    private readonly Generation _generation;
    private readonly ModuleContext? _parent;

    internal ModuleContext(Generation generation, string path, ModuleContext? parent)
    {
        _generation = generation;
        _parent = parent;
        Path = path;
    }

    /// <summary>Where the module stands in the configuration, such as <c>apps.deployments.artifacts[0]</c>.</summary>
    public string Path { get; }

    /// <summary>Ends when the configuration that this module belongs to is unloaded.</summary>
    public CancellationToken Unloading => _generation.Unloading;

    /// <summary>Something of the whole process, such as the clock.</summary>
    /// <exception cref="InvalidOperationException">The program offers no such service.</exception>
    public T Service<T>()
        where T : class => (T?)_generation.Services.GetService(typeof(T))
            ?? throw new InvalidOperationException($"{Path}: there is no service {typeof(T).Name}.");

    /// <summary>Runs when the configuration is unloaded or refused: what was taken last is given back first.</summary>
    public void OnUnload(Func<ValueTask> undo) => _generation.OnUnload(Path, undo);

    /// <summary>Makes a guest: <c>{ "module": "NAME", ... }</c> in the namespace of <typeparamref name="T"/>.</summary>
    /// <param name="raw">The guest's JSON.</param>
    /// <param name="slot">The member that holds it, such as <c>artifacts[0]</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<T> LoadAsync<T>(JsonElement raw, string slot, CancellationToken cancellationToken)
        where T : class, IGuest
    {
        var path = ModuleJson.Join(Path, slot);
        if (raw.ValueKind != JsonValueKind.Object
            || !raw.TryGetProperty(NameMember, out var name) || name.ValueKind != JsonValueKind.String)
        {
            throw new ConfigException(
                ModuleJson.Join(path, NameMember), $"must name a module of the namespace '{T.Namespace}'");
        }

        var module = _generation.Registry.Get(T.Namespace, name.GetString()!, ModuleJson.Join(path, NameMember));
        return await MakeAsync(module, raw, path, NameMember, cancellationToken) as T
            ?? throw new ConfigException(path, $"'{module.Id}' is no {typeof(T).Name}");
    }

    /// <summary>Makes the guests of a list, in order.</summary>
    public async Task<IReadOnlyList<T>> LoadAllAsync<T>(
        IReadOnlyList<JsonElement> raw, string slot, CancellationToken cancellationToken)
        where T : class, IGuest
    {
        ArgumentNullException.ThrowIfNull(raw);

        var guests = new List<T>(raw.Count);
        for (var i = 0; i < raw.Count; i++)
        {
            guests.Add(await LoadAsync<T>(raw[i], $"{slot}[{i}]", cancellationToken));
        }

        return guests;
    }

    /// <summary>Another app, which is thereby started before this one and stopped after it.</summary>
    /// <exception cref="ConfigException">It is not configured, or needs this one itself.</exception>
    public async Task<T> AppAsync<T>(string id, CancellationToken cancellationToken)
        where T : class
    {
        var path = PathOf(id);
        for (var context = this; context is not null; context = context._parent)
        {
            if (context.Path == path)
            {
                throw new ConfigException(Path, $"the apps '{id}' and '{Path}' need each other");
            }
        }

        var app = await _generation.AppAsync(id, this, cancellationToken);
        return app as T ?? throw new ConfigException(path, $"is no {typeof(T).Name}, which '{Path}' needs");
    }

    internal static string PathOf(string app) => $"apps.{app}";

    internal async Task<object> MakeAsync(
        ModuleInfo module, JsonElement raw, string path, string? skip, CancellationToken cancellationToken)
    {
        var made = ModuleJson.Read(raw, module.Json, path, skip);

        // Owed from here on: what provisioning leaves half done is undone too, and only once.
        if (made is IAsyncDisposable disposable)
        {
            _generation.OnUnload(path, disposable.DisposeAsync);
        }

        if (made is IProvision provision)
        {
            await provision.ProvisionAsync(new ModuleContext(_generation, path, this), cancellationToken);
        }

        if (made is IValidate validate && validate.Validate().ToArray() is { Length: > 0 } problems)
        {
            var all = problems.Select(problem => ModuleJson.Join(path, problem));
            throw new ConfigException("", string.Join("; ", all));
        }

        if (made is ICommit commit)
        {
            _generation.OnCommit(commit);
        }

        return made;
    }
}
