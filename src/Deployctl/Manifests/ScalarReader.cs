using System.Globalization;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Slipway.Shared.Manifests;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Slipway.Deployctl.Manifests;

/// <summary>Reads one value as its field's type asks, or says what would be right.</summary>
internal static class ScalarReader
{
    public static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" };

    public static object? Read(FieldDescriptor field, YamlNode node, out string problem)
    {
        problem = "expected a single value";
        if (node is not YamlScalarNode { Value: { } text } || IsNull(node))
        {
            return null;
        }

        switch (field.FieldType)
        {
            case FieldType.String:
                return text;
            case FieldType.Bool:
                problem = $"expected true or false, found '{text}'";
                return text is "true" or "false" ? text == "true" : null;
            case FieldType.Int32:
                problem = $"expected a whole number, found '{text}'";
                return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                    ? number
                    : null;
            case FieldType.UInt64:
                problem = $"expected a whole number from 0, found '{text}'";
                return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                    ? count
                    : null;
            case FieldType.Enum:
                var known = field.EnumType.Values.Where(value => value.Number != 0).ToList();
                problem = $"expected {string.Join(" or ", known.Select(EnumWord.Of))}, found '{text}'";
                // Boxed as a number: the generated setter takes it for its enum.
                return known.FirstOrDefault(value => EnumWord.Of(value) == text)?.Number;
            case FieldType.Message:
                problem = $"'{text}' is no duration; {DurationText.Hint}";
                return DurationText.TryParse(text, out var duration) ? Duration.FromTimeSpan(duration) : null;
            default:
                throw new NotSupportedException($"No manifest has a field of type {field.FieldType}.");
        }
    }
}
