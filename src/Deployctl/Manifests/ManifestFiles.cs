using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Manifests;

/// <summary>Finds the manifests behind <c>-f</c>: a file, a folder's files, or standard input.</summary>
internal static class ManifestFiles
{
    private static readonly string[] Suffixes = [".yaml", ".yml", ".json"];

    public static async Task<IReadOnlyList<(string File, string Text)>> ReadAsync(
        IEnumerable<string> paths,
        Terminal terminal,
        CancellationToken cancellationToken)
    {
        var texts = new List<(string File, string Text)>();
        foreach (var path in paths)
        {
            if (path == "-")
            {
                texts.Add(("<stdin>", await terminal.In.ReadToEndAsync(cancellationToken)));
                continue;
            }

            foreach (var file in Expand(path))
            {
                texts.Add((file, await File.ReadAllTextAsync(file, cancellationToken)));
            }
        }

        return texts;
    }

    private static List<string> Expand(string path)
    {
        if (!Directory.Exists(path))
        {
            return [path];
        }

        var files = Directory.EnumerateFiles(path)
            .Where(file => Suffixes.Contains(Path.GetExtension(file)))
            .Order(StringComparer.Ordinal)
            .ToList();
        return files.Count > 0 ? files : throw new ProblemException(Problem.InvalidField(
            "--file", $"the folder '{path}' has no file that ends in {string.Join(", ", Suffixes)}"));
    }
}
