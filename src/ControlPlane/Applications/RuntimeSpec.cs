using System.Text.Json.Serialization;

namespace Slipway.ControlPlane.Applications;

/// <summary>How an application runs: one of the kinds that agents have runtimes for.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ServerSpec), ServerKind)]
[JsonDerivedType(typeof(AssetsSpec), AssetsKind)]
[JsonDerivedType(typeof(AgentSpec), AgentKind)]
internal abstract record RuntimeSpec
{
    public const string ServerKind = "server";
    public const string AssetsKind = "assets";
    public const string AgentKind = "agent";

    /// <summary>The field of a manifest that it is written in.</summary>
    [JsonIgnore]
    public string Kind => this switch
    {
        ServerSpec => ServerKind,
        AssetsSpec => AssetsKind,
        _ => AgentKind,
    };

    /// <summary>The same with these variables, which win over its own.</summary>
    public abstract RuntimeSpec With(IReadOnlyDictionary<string, string> variables);

    /// <summary>Sorted by name, so that equal specs are written alike.</summary>
    protected static SortedDictionary<string, string> Merge(
        IReadOnlyDictionary<string, string> own, IReadOnlyDictionary<string, string> winning)
    {
        var merged = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in own.Concat(winning))
        {
            merged[name] = value;
        }

        return merged;
    }
}
