using System.Security.Cryptography;
using System.Text.Json;
using Slipway.Agent.Native;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Deployments;

/// <summary>The manifests of a workload's releases, and whether the releases are still what they say.</summary>
/// <param name="folder">The workload's folder.</param>
internal sealed class ReleaseManifests(string folder)
{
    private const string Suffix = ".json";

    private string Manifests => Path.Combine(folder, "manifests");

    /// <summary>Remembers what a release holds that is about to get its name.</summary>
    public void Save(string release, string content)
    {
        Directory.CreateDirectory(Manifests);
        var manifest = new ReleaseManifest([.. EntriesOf(content, entry => Hash(content, entry))]);
        AtomicFile.Write(
            FileOf(release), JsonSerializer.SerializeToUtf8Bytes(manifest, DeploymentJson.Default.ReleaseManifest));
    }

    /// <summary>What is wrong with a release, as a sentence's end; null: nothing.</summary>
    /// <param name="release">The release's folder.</param>
    /// <param name="isThorough">Whether to read all files, not only those that look different.</param>
    public string? FindDamage(string release, bool isThorough)
    {
        if (!Directory.Exists(release))
        {
            return $"the release {Path.GetFileName(release)} was missing";
        }

        if (Load(release) is not { } manifest)
        {
            return $"the manifest of the release {Path.GetFileName(release)} was missing";
        }

        var wanted = manifest.Entries.ToDictionary(entry => entry.Path);
        foreach (var found in EntriesOf(release, _ => ""))
        {
            if (!wanted.Remove(found.Path, out var entry))
            {
                return $"'{found.Path}' was added to the release";
            }

            if (IsAltered(release, entry, found, isThorough))
            {
                return $"'{found.Path}' in the release was altered";
            }
        }

        return wanted.Keys.FirstOrDefault() is { } missing ? $"'{missing}' in the release was missing" : null;
    }

    /// <summary>Forgets releases that are not there any more.</summary>
    public void Sweep(Func<string, bool> isThere)
    {
        if (Directory.Exists(Manifests))
        {
            foreach (var file in Directory.EnumerateFiles(Manifests, "*" + Suffix).ToList())
            {
                if (!isThere(Path.GetFileName(file)[..^Suffix.Length]))
                {
                    File.Delete(file);
                }
            }
        }
    }

    private static bool IsAltered(string release, ReleaseEntry wanted, ReleaseEntry found, bool isThorough) =>
        found.Mode != wanted.Mode || found.Size != wanted.Size
        || (found.IsFile
            ? (isThorough || found.Changed != wanted.Changed) && Hash(release, found) != wanted.Content
            : found.Content != wanted.Content);

    private static IEnumerable<ReleaseEntry> EntriesOf(string root, Func<ReleaseEntry, string> content)
    {
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(root)]);
        while (folders.TryPop(out var folder))
        {
            foreach (var found in folder.EnumerateFileSystemInfos())
            {
                var path = Path.GetRelativePath(root, found.FullName);
                if (found.LinkTarget is { } target)
                {
                    yield return new(path, ReleaseEntry.LinkBit, 0, 0, target);
                }
                else if (found is DirectoryInfo below)
                {
                    folders.Push(below);
                    yield return new(path, ReleaseEntry.FolderBit | (int)found.UnixFileMode, 0, 0, "");
                }
                else
                {
                    var length = ((FileInfo)found).Length;
                    var entry = new ReleaseEntry(
                        path, (int)found.UnixFileMode, length, found.LastWriteTimeUtc.Ticks, "");
                    yield return entry with { Content = content(entry) };
                }
            }
        }
    }

    private static string Hash(string root, ReleaseEntry entry)
    {
        // Without waiting: it may be a named pipe that nobody writes to.
        using var handle = Libc.Open(Path.Combine(root, entry.Path), Libc.ReadOnly | Libc.NonBlocking);
        using var file = new FileStream(handle, FileAccess.Read);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    private string FileOf(string release) => Path.Combine(Manifests, Path.GetFileName(release) + Suffix);

    private ReleaseManifest? Load(string release)
    {
        try
        {
            var file = FileOf(release);
            return File.Exists(file)
                ? JsonSerializer.Deserialize(File.ReadAllBytes(file), DeploymentJson.Default.ReleaseManifest)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
