using System.Formats.Tar;
using System.IO.Compression;

namespace Tests.Kit.Programs;

/// <summary>The files of a release, and their archive.</summary>
public sealed class ReleaseFolder(string folder)
{
    public string Folder { get; } = Directory.CreateDirectory(folder).FullName;

    public ReleaseFolder AddFolder(string source)
    {
        foreach (var path in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var target = Path.Join(Folder, Path.GetRelativePath(source, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(path, target, overwrite: true);
        }

        return this;
    }

    public async Task<ReleaseFolder> AddAsync(string name, string content, CancellationToken cancellationToken)
    {
        var path = Path.Join(Folder, name);
        await File.WriteAllTextAsync(path, content, cancellationToken);
        if (content.StartsWith("#!", StringComparison.Ordinal))
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.UserExecute);
        }

        return this;
    }

    public async Task<string> PackAsync(string archive, CancellationToken cancellationToken)
    {
        await using var file = File.Create(archive);
        await using var compressed = new GZipStream(file, CompressionLevel.Fastest);
        await TarFile.CreateFromDirectoryAsync(Folder, compressed, includeBaseDirectory: false, cancellationToken);
        return archive;
    }
}
