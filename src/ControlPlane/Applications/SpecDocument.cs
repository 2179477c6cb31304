using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Slipway.Shared.Manifests;

namespace Slipway.ControlPlane.Applications;

/// <summary>A spec's fields, names and values as a manifest writes them; what is empty is left out.</summary>
internal static class SpecDocument
{
    private static readonly JsonFormatter Json = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));

    public static JsonNode Of(IMessage message) =>
        InManifest(message.Descriptor, JsonNode.Parse(Json.Format(message))!);

    private static JsonNode InManifest(MessageDescriptor type, JsonNode node)
    {
        if (type == Duration.Descriptor)
        {
            return DurationText.Of(JsonParser.Default.Parse<Duration>(node.ToJsonString()).ToTimeSpan());
        }

        if (node is JsonObject fields)
        {
            foreach (var field in type.Fields.InFieldNumberOrder().Where(field => fields[field.Name] is not null))
            {
                fields[field.Name] = InManifest(field, fields[field.Name]!.DeepClone());
            }
        }

        return node;
    }

    private static JsonNode InManifest(FieldDescriptor field, JsonNode node) => (field.FieldType, node) switch
    {
        _ when field.IsMap => node,
        (_, JsonArray items) when field.IsRepeated =>
            new JsonArray([.. items.Select(item => ValueInManifest(field, item!.DeepClone()))]),
        _ => ValueInManifest(field, node),
    };

    private static JsonNode ValueInManifest(FieldDescriptor field, JsonNode node) => field.FieldType switch
    {
        FieldType.Message => InManifest(field.MessageType, node),
        FieldType.Enum when field.EnumType.FindValueByName(node.GetValue<string>()) is { } value => EnumWord.Of(value),
        _ => node,
    };
}
