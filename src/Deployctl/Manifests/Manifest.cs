using Google.Protobuf;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Manifests;

/// <summary>One document of a manifest file, read into the message that the control plane takes.</summary>
internal sealed record Manifest(string Kind, string File, IMessage Message)
{
    /// <summary>Where each field stands, for errors that come later.</summary>
    public required IReadOnlyDictionary<string, int> Lines { get; init; }

    /// <summary>Adds file and line to a refusal of the control plane that names a field.</summary>
    public Problem Locate(Problem problem)
    {
        var field = problem.Metadata.GetValueOrDefault(Problem.FieldKey) ?? "";
        var path = field.StartsWith($"{Kind.ToLowerInvariant()}.", StringComparison.Ordinal)
            ? field[(Kind.Length + 1)..]
            : field;
        while (path.Length > 0 && !Lines.ContainsKey(path))
        {
            path = path[..Math.Max(0, path.LastIndexOfAny(['.', '[']))];
        }

        var line = Lines.GetValueOrDefault(path, Lines[""]);
        var metadata = new Dictionary<string, string>(problem.Metadata)
        {
            ["file"] = File,
            ["line"] = line.ToString(System.Globalization.CultureInfo.InvariantCulture),
        };
        return problem with { Message = $"{File}:{line}: {problem.Message}", Metadata = metadata };
    }
}
