using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Deployments;

/// <summary>
/// Artifacts by digest. What it gives out has been hashed this time, not only when it was fetched; a fetch that was
/// broken off goes on where it ended.
/// </summary>
internal sealed class ArtifactCache(string folder, TimeProvider timeProvider, Jitter jitter)
{
    private const int BufferSize = 128 * 1024;
    private const int MaxTries = 10;

    // The archive, what comes out of it, and room to breathe.
    private const int SpaceFactor = 2;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _fetching = [];

    /// <summary>The path of the artifact's bytes, fetched if need be.</summary>
    /// <exception cref="DeploymentException">It is not to be had, or not what was promised.</exception>
    public async Task<string> GetAsync(
        ArtifactSpec artifact, IReadOnlyList<IArtifactSource> sources, CancellationToken cancellationToken)
    {
        var one = _fetching.GetOrAdd(artifact.Digest.Hex, _ => new(1, 1));
        await one.WaitAsync(cancellationToken);
        try
        {
            var path = Path.Combine(folder, artifact.Digest.Hex);
            if (File.Exists(path))
            {
                if (await IsWholeAsync(path, artifact, cancellationToken))
                {
                    File.SetLastWriteTimeUtc(path, timeProvider.GetUtcNow().UtcDateTime);
                    return path;
                }

                File.Delete(path);
            }

            await FetchAsync(artifact, path, sources, cancellationToken);
            return path;
        }
        finally
        {
            one.Release();
        }
    }

    /// <summary>Removes what was used longest ago until the rest fits.</summary>
    public void Prune(long maxBytes)
    {
        var total = 0L;
        var files = new DirectoryInfo(folder).EnumerateFiles();
        foreach (var file in files.OrderByDescending(file => file.LastWriteTimeUtc))
        {
            total += file.Length;
            if (total > maxBytes && !IsFetching(Path.GetFileNameWithoutExtension(file.Name)))
            {
                total -= file.Length;
                file.Delete();
            }
        }
    }

    private static async Task<bool> IsWholeAsync(
        string path, ArtifactSpec artifact, CancellationToken cancellationToken)
    {
        await using var file = OpenRead(path);
        return file.Length == artifact.SizeBytes
            && Digest.FromHash(await SHA256.HashDataAsync(file, cancellationToken)) == artifact.Digest;
    }

    private static FileStream OpenRead(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize, FileOptions.SequentialScan);

    private static void DemandSpace(string folder, ArtifactSpec artifact, long have)
    {
        var free = new DriveInfo(folder).AvailableFreeSpace;
        var need = (artifact.SizeBytes * SpaceFactor) - have;
        if (free < need)
        {
            throw new DeploymentException(
                FailureReason.DiskFull,
                $"Deploying {artifact.SizeBytes} bytes needs {need} bytes free; the disk has {free}.");
        }
    }

    private bool IsFetching(string hex) => _fetching.TryGetValue(hex, out var one) && one.CurrentCount == 0;

    private async Task FetchAsync(
        ArtifactSpec artifact, string path, IReadOnlyList<IArtifactSource> sources, CancellationToken cancellationToken)
    {
        var part = path + ".part";
        if (File.Exists(part) && new FileInfo(part).Length > artifact.SizeBytes)
        {
            File.Delete(part);
        }

        DemandSpace(folder, artifact, File.Exists(part) ? new FileInfo(part).Length : 0);
        var wasResumed = await FetchPartAsync(artifact, part, sources, cancellationToken);
        if (!await IsWholeAsync(part, artifact, cancellationToken))
        {
            File.Delete(part);

            // What an earlier run left may be what is wrong, such as after a power cut: once more from the start.
            if (!wasResumed)
            {
                throw new DeploymentException(
                    FailureReason.DigestMismatch,
                    $"What was fetched is not {artifact.Digest} of {artifact.SizeBytes} bytes.");
            }

            await FetchAsync(artifact, path, sources, cancellationToken);
            return;
        }

        File.Move(part, path, overwrite: true);
        AtomicFile.FlushFolderOf(path);
    }

    private async Task<bool> FetchPartAsync(
        ArtifactSpec artifact, string part, IReadOnlyList<IArtifactSource> sources, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
        var wasResumed = file.Length > 0;
        file.Position = file.Length;
        for (var tries = 0; file.Length < artifact.SizeBytes; tries++)
        {
            var before = file.Length;
            try
            {
                await TrySourcesAsync(artifact, file, sources, cancellationToken);
            }
            catch (Exception e) when (FetchFailure.IsPassing(e, cancellationToken))
            {
                // Progress starts the count anew: a long artifact over a bad line arrives in the end.
                tries = file.Length > before ? 0 : tries;
                if (tries + 1 >= MaxTries)
                {
                    throw new DeploymentException(
                        FailureReason.FetchFailed, $"Could not fetch {artifact.Digest}: {e.Message}", e);
                }

                await Task.Delay(jitter.BackOff(FirstPause, LongestPause, tries), timeProvider, cancellationToken);
            }
        }

        RandomAccess.FlushToDisk(file.SafeFileHandle);
        return wasResumed;
    }

    private async Task TrySourcesAsync(
        ArtifactSpec artifact,
        FileStream file,
        IReadOnlyList<IArtifactSource> sources,
        CancellationToken cancellationToken)
    {
        var failures = new List<DeploymentException>();
        ExceptionDispatchInfo? passing = null;
        foreach (var source in sources)
        {
            try
            {
                await CopyAsync(source, artifact, file, cancellationToken);
                return;
            }
            catch (Exception e) when (FetchFailure.From(e, artifact.Digest) is { } failure)
            {
                failures.Add(failure);
            }
            catch (Exception e) when (FetchFailure.IsPassing(e, cancellationToken))
            {
                passing = ExceptionDispatchInfo.Capture(e); // The next source may be well, and goes on from here.
            }
        }

        passing?.Throw();
        throw failures.LastOrDefault()
            ?? new DeploymentException(FailureReason.FetchFailed, "No source of artifacts is configured.");
    }

    private async Task CopyAsync(
        IArtifactSource source, ArtifactSpec artifact, FileStream file, CancellationToken cancellationToken)
    {
        using var stall = new CancellationTokenSource(StallLimit, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stall.Token);
        await using var content = await source.OpenAsync(artifact.Path, artifact.Digest, file.Length, either.Token);
        var buffer = new byte[BufferSize];
        int count;
        while ((count = await content.ReadAsync(buffer, either.Token)) > 0)
        {
            if (file.Length + count > artifact.SizeBytes)
            {
                throw new DeploymentException(
                    FailureReason.DigestMismatch,
                    $"There is more than the {artifact.SizeBytes} bytes of {artifact.Digest}.");
            }

            await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            stall.CancelAfter(StallLimit);
        }

        if (file.Length < artifact.SizeBytes)
        {
            throw new EndOfStreamException($"it ended after {file.Length} of {artifact.SizeBytes} bytes");
        }
    }
}
