using Slipway.Agent.Archives;
using Slipway.Agent.Native;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Deployments;

/// <summary>
/// The unpacked releases of one workload, and the link <c>current</c>. A release is there whole or not at all: it is
/// unpacked under another name, flushed, and renamed.
/// </summary>
internal sealed class ReleaseStore(string folder)
{
    // Names that no version can begin with.
    private const string UnfinishedPrefix = ".";
    private const long DiskReserve = 64L << 20;

    private string Releases => Path.Combine(folder, "releases");

    public string PathOf(Workload workload) => Path.Combine(Releases, ReleaseName.Of(workload));

    /// <summary>What the releases hold, of kinds whose files are looked after.</summary>
    public ReleaseManifests Manifests { get; } = new(folder);

    public bool Has(Workload workload) => Directory.Exists(PathOf(workload));

    /// <summary>Unpacks a verified artifact; a release that is there already is replaced in one step.</summary>
    /// <param name="workload">Whose release.</param>
    /// <param name="archive">The artifact.</param>
    /// <param name="prepareAsync">What is to be done with the unpacked files before they get their name.</param>
    /// <param name="cancellationToken">Breaks it off; it can be done again.</param>
    /// <exception cref="DeploymentException">The archive is refused, or the disk is full.</exception>
    public async Task StageAsync(
        Workload workload, string archive, Func<string, Task> prepareAsync, CancellationToken cancellationToken)
    {
        var unfinished = Path.Combine(Releases, $"{UnfinishedPrefix}staging-{workload.DeploymentId}");
        try
        {
            Delete(unfinished);
            Directory.CreateDirectory(unfinished);
            var room = new DriveInfo(unfinished).AvailableFreeSpace - DiskReserve;
            var extractor = new ArchiveExtractor(ArchiveLimits.Default with { DiskBytes = Math.Max(room, 0) });
            await extractor.ExtractAsync(archive, workload.Artifact!.FileName, unfinished, cancellationToken);
            await prepareAsync(unfinished);
            Libc.SyncFileSystem(unfinished);
            Place(unfinished, PathOf(workload));
        }
        catch (ArchiveException e)
        {
            Delete(unfinished);
            throw new DeploymentException(FailureReason.BadArchive, e.Message, e);
        }
        catch (IOException e) when (DiskErrors.IsDiskFull(e))
        {
            Delete(unfinished);
            throw new DeploymentException(FailureReason.DiskFull, $"The disk is full: {e.Message}", e);
        }
    }

    /// <summary>Lets <c>current</c> lead to the release, at no moment to nothing.</summary>
    public void PointTo(Workload workload)
    {
        var link = Path.Combine(folder, "current");
        if (new FileInfo(link).LinkTarget is { } target
            && Path.GetFullPath(target, folder) == Path.GetFullPath(PathOf(workload)))
        {
            return;
        }

        var next = Path.Combine(folder, ".current");
        File.Delete(next);
        File.CreateSymbolicLink(next, Path.Combine("releases", ReleaseName.Of(workload)));
        Libc.Rename(next, link);
        AtomicFile.FlushFolder(folder);
    }

    private void Place(string unfinished, string release)
    {
        if (!Directory.Exists(release))
        {
            Directory.Move(unfinished, release);
        }
        else if (Libc.Exchange(unfinished, release))
        {
            Delete(unfinished);
        }
        else
        {
            // This file system has no exchange: for a moment, there is no release.
            Directory.Move(release, Path.Combine(Releases, $"{UnfinishedPrefix}old-{Path.GetFileName(release)}"));
            Directory.Move(unfinished, release);
            Sweep();
        }

        AtomicFile.FlushFolder(Releases);
    }

    /// <summary>Removes all releases but the given ones and the newest others.</summary>
    public void Prune(IReadOnlySet<string> keep, int others)
    {
        var old = Find(isUnfinished: false)
            .Where(release => !keep.Contains(release.Name))
            .OrderByDescending(release => release.CreationTimeUtc)
            .Skip(others);
        foreach (var release in old.ToList())
        {
            // Renamed first, so that half a release is never taken for a whole one.
            release.MoveTo(Path.Combine(Releases, $"{UnfinishedPrefix}old-{release.Name}"));
        }

        Sweep();
    }

    /// <summary>Removes what was left half done. Not to be called while something is staged.</summary>
    public void Sweep()
    {
        foreach (var unfinished in Find(isUnfinished: true).ToList())
        {
            unfinished.Delete(recursive: true);
        }

        Manifests.Sweep(release => Directory.Exists(Path.Combine(Releases, release)));
    }

    private IEnumerable<DirectoryInfo> Find(bool isUnfinished)
    {
        var directory = new DirectoryInfo(Releases);
        return directory.Exists
            ? directory.EnumerateDirectories().Where(
                release => release.Name.StartsWith(UnfinishedPrefix, StringComparison.Ordinal) == isUnfinished)
            : [];
    }

    private static void Delete(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
