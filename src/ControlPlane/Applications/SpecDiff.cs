using System.Text.Json;
using System.Text.Json.Nodes;

namespace Slipway.ControlPlane.Applications;

/// <summary>What differs between two documents, field by field.</summary>
internal static class SpecDiff
{
    /// <summary>Empty when they say the same; a document that is not there differs in all its fields.</summary>
    public static IReadOnlyList<SpecChange> Between(JsonNode? before, JsonNode? after)
    {
        var old = FieldsOf(before);
        var wanted = FieldsOf(after);
        var changed = wanted
            .Where(field => old.GetValueOrDefault(field.Key) != field.Value)
            .Select(field => new SpecChange(field.Key, old.GetValueOrDefault(field.Key), field.Value));
        var removed = old
            .Where(field => !wanted.ContainsKey(field.Key))
            .Select(field => new SpecChange(field.Key, field.Value, After: null));
        return [.. changed, .. removed];
    }

    private static Dictionary<string, string> FieldsOf(JsonNode? document) =>
        Flatten("", document).ToDictionary(field => field.Path, field => field.Text);

    private static IEnumerable<(string Path, string Text)> Flatten(string path, JsonNode? node) => node switch
    {
        JsonObject { Count: > 0 } fields => fields.SelectMany(field => Flatten(Below(path, field.Key), field.Value)),
        JsonArray { Count: > 0 } items => items.Index().SelectMany(item => Flatten($"{path}[{item.Index}]", item.Item)),
        null => [],
        _ when node.GetValueKind() == JsonValueKind.String => [(path, node.GetValue<string>())],
        _ when path.Length == 0 => [],
        _ => [(path, node.ToJsonString())],
    };

    private static string Below(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";
}

/// <summary>One difference; what is null is not there.</summary>
internal sealed record SpecChange(string Path, string? Before, string? After);
