using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Runtimes.Assets;

/// <summary>The symbolic link that leads to the current release: at no moment to nothing, or to a part.</summary>
/// <param name="path">Where it is.</param>
internal sealed class AssetsLink(string path)
{
    private string Folder => Path.GetDirectoryName(path)!;

    /// <summary>What it leads to, whether that exists or not; null: there is no such link.</summary>
    public string? Target => new FileInfo(path).LinkTarget is { } target ? Path.GetFullPath(target, Folder) : null;

    /// <summary>What is wrong with it, as a sentence's end; null: it leads to the release.</summary>
    public string? FindDamage(string release) => Target switch
    {
        { } target when target == Path.GetFullPath(release) => null,
        { } target => $"the link {path} led to {target}",
        _ when File.Exists(path) || Directory.Exists(path) => $"{path} was not a link",
        _ => $"the link {path} was missing",
    };

    /// <param name="releases">The folder of the workload's releases: a link into it is its own.</param>
    /// <param name="isOwn">Whether the link is the workload's wherever it leads.</param>
    /// <exception cref="DeploymentException">PATH_TAKEN: what is there belongs to somebody else; or INVALID_SPEC.
    /// </exception>
    public void Demand(string releases, bool isOwn)
    {
        if (!Directory.Exists(Folder))
        {
            throw new DeploymentException(
                FailureReason.InvalidSpec,
                $"The folder {Folder} of the link {path} does not exist; make it, then deploy again.");
        }

        if (Target is { } target)
        {
            if (!isOwn && Path.GetDirectoryName(target) != Path.GetFullPath(releases))
            {
                throw new DeploymentException(
                    FailureReason.PathTaken,
                    $"{path} leads to {target}, which is not a release of this application and environment; remove "
                        + "that link, or name another in assets.link, then deploy again.");
            }
        }
        else if (File.Exists(path) || Directory.Exists(path))
        {
            throw new DeploymentException(
                FailureReason.PathTaken,
                $"{path} is a real file or folder, not a link; move it away, or name another path in assets.link, "
                    + "then deploy again.");
        }
    }

    /// <summary>Lets it lead to the release, by one rename. Nothing to do if it does.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    public void PointTo(string release)
    {
        if (FindDamage(release) is null)
        {
            return;
        }

        var next = Path.Combine(Folder, $".{Path.GetFileName(path)}.slipway");
        File.Delete(next);
        File.CreateSymbolicLink(next, release);
        Libc.Rename(next, path);
        AtomicFile.FlushFolder(Folder);
    }

    /// <summary>Removes it if it leads to the release.</summary>
    public void RemoveIfTo(string release)
    {
        if (FindDamage(release) is null)
        {
            File.Delete(path);
            AtomicFile.FlushFolder(Folder);
        }
    }
}
