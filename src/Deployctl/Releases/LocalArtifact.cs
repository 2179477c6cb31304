using System.Security.Cryptography;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Releases;

/// <summary>A file that is to be released for one platform.</summary>
internal sealed record LocalArtifact(Platform Platform, string Path, long Size)
{
    private const int BufferSize = 1 << 20;

    private static readonly string[] Suffixes = [".tar.gz", ".tgz", ".tar", ".zip"];

    public string FileName => System.IO.Path.GetFileName(Path);

    /// <summary>Reads <c>PLATFORM=FILE</c>.</summary>
    /// <exception cref="ProblemException">An unknown platform or suffix, or no such file.</exception>
    public static LocalArtifact Parse(string text)
    {
        if (text.Split('=', 2) is not [{ Length: > 0 } platform, { Length: > 0 } path])
        {
            throw Wrong($"'{text}' is no artifact; write PLATFORM=FILE, such as linux/amd64=shop.tar.gz");
        }

        if (!Platform.Known.Contains(platform))
        {
            throw Wrong($"'{platform}' is no platform; known are {string.Join(", ", Platform.Known)}");
        }

        if (!Suffixes.Any(suffix => path.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)))
        {
            throw Wrong($"'{path}' is no archive; its name must end in {string.Join(", ", Suffixes)}");
        }

        var file = new FileInfo(path);
        return file.Exists
            ? new(new Platform(platform), path, file.Length)
            : throw Wrong($"there is no file '{path}'");
    }

    /// <summary>All of them, each platform once.</summary>
    public static IReadOnlyList<LocalArtifact> ParseAll(IEnumerable<string> texts)
    {
        var artifacts = texts.Select(Parse).ToList();
        var twice = artifacts.GroupBy(artifact => artifact.Platform).FirstOrDefault(group => group.Count() > 1);
        return twice is null ? artifacts : throw Wrong($"the platform {twice.Key} is given twice");
    }

    /// <summary>Reads the file once for its digest.</summary>
    public async Task<Digest> HashAsync(Action<long> progress, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = Open();
        var buffer = new byte[BufferSize];
        int read;
        while ((read = await file.ReadAsync(buffer, cancellationToken)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            progress(read);
        }

        return Digest.FromHash(hash.GetHashAndReset());
    }

    public FileStream Open() => new(
        Path,
        new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan, Share = FileShare.Read });

    private static ProblemException Wrong(string message) => new(Problem.InvalidField("--artifact", message));
}
