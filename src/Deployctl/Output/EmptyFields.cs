using System.Text.Json;
using System.Text.Json.Nodes;

namespace Slipway.Deployctl.Output;

/// <summary>Leaves out what says nothing: absent values, empty text, zeros, empty lists and maps.</summary>
internal static class EmptyFields
{
    public static JsonObject Without(JsonObject row)
    {
        var kept = new JsonObject();
        foreach (var (key, value) in row)
        {
            var clean = value switch
            {
                JsonObject map => Without(map),
                JsonArray list => new JsonArray([.. list.Select(Clean)]),
                null => null,
                _ => value.DeepClone(),
            };
            if (!IsEmpty(clean))
            {
                kept[key] = clean;
            }
        }

        return kept;
    }

    private static JsonNode? Clean(JsonNode? item) => item is JsonObject map ? Without(map) : item?.DeepClone();

    private static bool IsEmpty(JsonNode? node) => node switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        // An empty message can be a choice, such as `readiness: { notify: {} }`.
        JsonObject => false,
        _ when node.GetValueKind() == JsonValueKind.String => node.GetValue<string>().Length == 0,
        _ when node.GetValueKind() == JsonValueKind.Number => node.ToJsonString() == "0",
        _ => false,
    };
}
