using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using YamlDotNet.RepresentationModel;

namespace Slipway.Deployctl.Manifests;

/// <summary>Fills a message from a mapping, strictly: each key is a field of the API, each value of its type.</summary>
/// <remarks>Times are what the control plane says and are skipped, so that its answers can be applied again.</remarks>
internal sealed class MessageReader(ManifestErrors errors, Dictionary<string, int> lines)
{
    public void Fill(IMessage message, YamlMappingNode map, string path)
    {
        var choices = new Dictionary<OneofDescriptor, string>();
        foreach (var (key, value) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? key.ToString();
            var fieldPath = path.Length == 0 ? name : $"{path}.{name}";
            lines[fieldPath] = (int)key.Start.Line;
            var field = message.Descriptor.FindFieldByName(name);
            if (field is null)
            {
                errors.Add(key, fieldPath, UnknownField(name, message.Descriptor));
                continue;
            }

            if (field.RealContainingOneof is { } choice && !choices.TryAdd(choice, name))
            {
                errors.Add(key, fieldPath, $"'{choices[choice]}' is chosen already; give only one of them");
                continue;
            }

            FillField(message, field, value, fieldPath);
        }
    }

    private static string UnknownField(string name, MessageDescriptor descriptor)
    {
        var names = descriptor.Fields.InDeclarationOrder().Select(field => field.Name).ToList();
        return Nearest.Of(name, names) is { } nearest
            ? $"unknown field; did you mean '{nearest}'?"
            : $"unknown field; known are {string.Join(", ", names)}";
    }

    private void FillField(IMessage message, FieldDescriptor field, YamlNode value, string path)
    {
        var isTime = field is { FieldType: FieldType.Message, IsMap: false }
            && field.MessageType.FullName == Timestamp.Descriptor.FullName;
        if (isTime || (ScalarReader.IsNull(value) && field.RealContainingOneof is null))
        {
            return;
        }

        if (field.IsMap)
        {
            FillMap((IDictionary)field.Accessor.GetValue(message), value, path);
        }
        else if (field.IsRepeated)
        {
            FillList((IList)field.Accessor.GetValue(message), field, value, path);
        }
        else if (ReadOne(field, value, path) is { } read)
        {
            field.Accessor.SetValue(message, read);
        }
    }

    private void FillMap(IDictionary target, YamlNode value, string path)
    {
        if (value is not YamlMappingNode map)
        {
            errors.Add(value, path, "expected a mapping, such as { name: value }");
            return;
        }

        foreach (var (key, item) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? key.ToString();
            lines[$"{path}.{name}"] = (int)key.Start.Line;
            if (item is YamlScalarNode { Value: { } text } && !ScalarReader.IsNull(item))
            {
                target[name] = text;
            }
            else
            {
                errors.Add(item, $"{path}.{name}", "expected text; write '' for empty text");
            }
        }
    }

    private void FillList(IList target, FieldDescriptor field, YamlNode value, string path)
    {
        if (value is not YamlSequenceNode list)
        {
            errors.Add(value, path, "expected a list, such as [a, b]");
            return;
        }

        foreach (var (index, item) in list.Children.Index())
        {
            var itemPath = $"{path}[{index}]";
            lines[itemPath] = (int)item.Start.Line;
            if (ReadOne(field, item, itemPath) is { } read)
            {
                target.Add(read);
            }
        }
    }

    private object? ReadOne(FieldDescriptor field, YamlNode value, string path)
    {
        var isMessage = field.FieldType == FieldType.Message
            && field.MessageType.FullName != Duration.Descriptor.FullName;
        if (!isMessage)
        {
            if (ScalarReader.Read(field, value, out var problem) is { } read)
            {
                return read;
            }

            errors.Add(value, path, problem);
            return null;
        }

        var message = field.MessageType.Parser.ParseFrom([]);
        switch (value)
        {
            case YamlMappingNode map:
                Fill(message, map, path);
                return message;
            case YamlScalarNode when ScalarReader.IsNull(value):
                return message;
            default:
                errors.Add(value, path, $"expected a mapping with {FieldsOf(field.MessageType)}");
                return null;
        }
    }

    private static string FieldsOf(MessageDescriptor descriptor) =>
        string.Join(", ", descriptor.Fields.InDeclarationOrder().Select(field => field.Name));
}
