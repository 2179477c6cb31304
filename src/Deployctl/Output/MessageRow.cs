using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Slipway.Shared.Manifests;

namespace Slipway.Deployctl.Output;

/// <summary>A message of the API as a row: its field names, lower-case words, readable times and durations.</summary>
/// <remarks>What it writes for an application or an environment is a manifest that <c>apply</c> takes back.</remarks>
internal static class MessageRow
{
    public static JsonObject Of(IMessage message)
    {
        var row = new JsonObject();
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.RealContainingOneof is null || field.Accessor.HasValue(message))
            {
                row[field.Name] = ValueOf(field, message);
            }
        }

        return row;
    }

    private static JsonNode? ValueOf(FieldDescriptor field, IMessage message)
    {
        if (field.HasPresence && !field.Accessor.HasValue(message))
        {
            return null;
        }

        var value = field.Accessor.GetValue(message);
        if (field.IsMap)
        {
            var map = (IDictionary)value;
            var keys = map.Keys.Cast<string>().Order(StringComparer.Ordinal);
            return new JsonObject(keys.Select(key => KeyValuePair.Create(key, JsonOf(field: null, map[key]))));
        }

        return field.IsRepeated
            ? new JsonArray([.. ((IList)value).Cast<object>().Select(item => JsonOf(field, item))])
            : JsonOf(field, value);
    }

    private static JsonNode? JsonOf(FieldDescriptor? field, object? value) => value switch
    {
        null => null,
        _ when field?.FieldType == FieldType.Enum =>
            WordAt(field, Convert.ToInt32(value, CultureInfo.InvariantCulture)),
        string text => JsonValue.Create(text),
        bool flag => JsonValue.Create(flag),
        int number => JsonValue.Create(number),
        uint number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        ulong number => JsonValue.Create(number),
        ByteString bytes => JsonValue.Create(Convert.ToHexStringLower(bytes.Span)),
        Duration duration => JsonValue.Create(DurationText.Of(duration.ToTimeSpan())),
        Timestamp time => JsonValue.Create(time.ToDateTimeOffset().ToString(
            "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)),
        IMessage message => Of(message),
        _ => JsonValue.Create(Convert.ToString(value, CultureInfo.InvariantCulture)),
    };

    private static JsonValue? WordAt(FieldDescriptor field, int number) => number == 0
        ? null
        : JsonValue.Create(field.EnumType.FindValueByNumber(number) is { } known
            ? EnumWord.Of(known)
            : number.ToString(CultureInfo.InvariantCulture));
}
