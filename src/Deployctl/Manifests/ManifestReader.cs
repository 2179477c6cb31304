using Google.Protobuf.Reflection;
using Slipway.Shared.Rpc;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Slipway.Deployctl.Manifests;

/// <summary>Reads manifest files: YAML or JSON, several documents in each, nothing unknown in them.</summary>
internal sealed class ManifestReader(IReadOnlyDictionary<string, MessageDescriptor> kinds)
{
    private const int MaxCharacters = 4 << 20;

    /// <exception cref="ProblemException">It is not YAML, or has unknown fields; all errors at once.</exception>
    public IReadOnlyList<Manifest> Read(string file, string text)
    {
        var errors = new ManifestErrors(file);
        if (text.Length > MaxCharacters)
        {
            errors.Add(1, "", "the file is larger than 4 MiB");
            errors.ThrowIfAny();
        }

        var stream = new YamlStream();
        try
        {
            stream.Load(new StringReader(text));
        }
        catch (YamlException e)
        {
            errors.Add(e.Start.Line, "", $"not valid YAML or JSON: {e.Message}");
            errors.ThrowIfAny();
        }

        var manifests = new List<Manifest>();
        foreach (var document in stream.Documents)
        {
            if (!IsEmpty(document.RootNode) && ReadDocument(document.RootNode, errors) is { } manifest)
            {
                manifests.Add(manifest);
            }
        }

        errors.ThrowIfAny();
        return manifests;
    }

    private static bool IsEmpty(YamlNode node) => node is YamlScalarNode { Value: null or "" };

    private Manifest? ReadDocument(YamlNode root, ManifestErrors errors)
    {
        if (root is not YamlMappingNode map)
        {
            errors.Add(root, "", "a manifest is a mapping that begins with 'kind:'");
            return null;
        }

        var kindNode = map.Children.FirstOrDefault(entry => entry.Key is YamlScalarNode { Value: "kind" });
        if (kindNode.Value is not YamlScalarNode { Value: { } kind })
        {
            errors.Add(root, "kind", $"is missing; write one of {string.Join(", ", kinds.Keys)}");
            return null;
        }

        if (!kinds.TryGetValue(kind, out var descriptor))
        {
            var nearest = Nearest.Of(kind, kinds.Keys) is { } name ? $"did you mean '{name}'?" : "known are "
                + string.Join(", ", kinds.Keys);
            errors.Add(kindNode.Value, "kind", $"there is no kind '{kind}'; {nearest}");
            return null;
        }

        map.Children.Remove(kindNode.Key);
        var lines = new Dictionary<string, int> { [""] = (int)root.Start.Line };
        var message = descriptor.Parser.ParseFrom([]);
        new MessageReader(errors, lines).Fill(message, map, path: "");
        return new Manifest(kind, errors.File, message) { Lines = lines };
    }
}
