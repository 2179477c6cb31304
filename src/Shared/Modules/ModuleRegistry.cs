using System.Text.Json.Serialization.Metadata;

namespace Slipway.Shared.Modules;

/// <summary>The table of the modules that this program has: explicit, because nothing is loaded at run time.</summary>
public sealed class ModuleRegistry
{
    private readonly SortedDictionary<string, ModuleInfo> _modules = new(StringComparer.Ordinal);

    /// <summary>All modules, by id.</summary>
    public IReadOnlyCollection<ModuleInfo> All => _modules.Values;

    /// <exception cref="InvalidOperationException">The id is taken.</exception>
    public ModuleRegistry Add<T>(string id, JsonTypeInfo<T> json)
        where T : class
    {
        if (!_modules.TryAdd(id, new(new(id), json)))
        {
            throw new InvalidOperationException($"There are two modules with the id '{id}'.");
        }

        return this;
    }

    /// <summary>The modules exactly one level below a namespace.</summary>
    public IEnumerable<ModuleInfo> In(string moduleNamespace) =>
        _modules.Values.Where(module => module.Id.Namespace == moduleNamespace);

    internal ModuleInfo Get(string moduleNamespace, string name, string path)
    {
        var id = moduleNamespace.Length == 0 ? name : $"{moduleNamespace}.{name}";
        if (_modules.TryGetValue(id, out var module) && module.Id.Namespace == moduleNamespace)
        {
            return module;
        }

        var known = In(moduleNamespace).Select(other => other.Id.Name).DefaultIfEmpty("none");
        var kind = moduleNamespace.Length == 0 ? "app" : $"module of the namespace '{moduleNamespace}'";
        throw new ConfigException(path, $"there is no {kind} '{name}'; there are: {string.Join(", ", known)}");
    }
}
