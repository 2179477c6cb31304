using System.ComponentModel;
using Slipway.Agent.Native;

namespace Slipway.Agent.Cgroups;

/// <summary>
/// The part of the cgroup v2 tree that belongs to the agent: where it runs itself, or, since a cgroup with limits
/// below it may have no processes of its own, the one above.
/// </summary>
internal sealed record CgroupTree(string Folder)
{
    /// <summary>Where the agent and its supervisors move to when the groups below get limits.</summary>
    public const string Leaf = "agent";

    private const string Remedy =
        "run the agent under systemd with Delegate=yes on a host with cgroup v2, or leave the limit out";

    /// <summary>Null: this host has no cgroup v2, or shows none of it.</summary>
    public static CgroupTree? Find() =>
        FolderOf("self") is not { } own ? null
        : Path.GetFileName(own) == Leaf ? new CgroupTree(Path.GetDirectoryName(own)!)
        : new CgroupTree(own);

    /// <summary>The folder of the cgroup that a process is in; null: not known.</summary>
    public static string? FolderOf(string process) => FolderOf(
        CgroupFile.Read("/proc/self", "mountinfo"), CgroupFile.Read($"/proc/{process}", "cgroup"));

    /// <summary>The same, from the text of <c>mountinfo</c> and <c>cgroup</c> in /proc.</summary>
    public static string? FolderOf(string mounts, string groups)
    {
        var path = groups.Split('\n').FirstOrDefault(line => line.StartsWith("0::/", StringComparison.Ordinal))?[3..];
        var mount = mounts.Split('\n').Select(line => line.Split(' '))
            .FirstOrDefault(words => Array.IndexOf(words, "-") is var dash and > 5
                && words.ElementAtOrDefault(dash + 1) == "cgroup2");
        if (path is null || mount is null || path.StartsWith("/..", StringComparison.Ordinal))
        {
            return null;
        }

        var (root, point) = (mount[3].TrimEnd('/'), mount[4]);
        return path == root || path.StartsWith(root + "/", StringComparison.Ordinal)
            ? (point + path[root.Length..]).TrimEnd('/')
            : null;
    }

    /// <summary>Why the limits cannot be had, with the remedy; null: they can.</summary>
    public static string? WhyNot(CgroupLimits limits)
    {
        if (!limits.Needs.Any())
        {
            return null;
        }

        if (Find() is not { } tree)
        {
            return $"server.limits: this host has no cgroup v2; {Remedy}.";
        }

        var available = CgroupFile.Read(tree.Folder, "cgroup.controllers").Split([' ', '\n']);
        foreach (var (controller, limit) in limits.Needs.Where(need => !available.Contains(need.Controller)))
        {
            return $"server.limits.{limit}: the controller '{controller}' is not available in {tree.Folder}; {Remedy}.";
        }

        try
        {
            tree.Enable(limits);
            return null;
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return $"server.limits: they cannot be set in {tree.Folder} ({e.Message}); {Remedy}.";
        }
    }

    /// <summary>A group with nothing in it; null: the agent may not make one, or cannot.</summary>
    public Cgroup? Create(CgroupName name, int number)
    {
        try
        {
            var group = new Cgroup(Path.Combine(Folder, name.At(number)));
            while (!group.TryClear())
            {
                // Whose supervisor has lost its journal, and lives on.
                group = new Cgroup(group.Folder + "+");
            }

            Directory.CreateDirectory(group.Folder);
            return group;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Removes the groups of this name in which nothing lives, but for those to keep; returns the others.
    /// </summary>
    public IReadOnlyList<Cgroup> Sweep(CgroupName name, IReadOnlySet<string> keep)
    {
        try
        {
            return
            [
                .. Directory.GetDirectories(Folder, name.Prefix + "*").Where(path => !keep.Contains(path))
                    .Select(path => new Cgroup(path))
                    .Where(group => !group.TryClear()),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // What cannot be seen cannot be removed either.
        }
    }

    private void Enable(CgroupLimits limits)
    {
        var wanted = string.Join(' ', limits.Needs.Select(need => "+" + need.Controller));
        try
        {
            CgroupFile.Write(Folder, "cgroup.subtree_control", wanted);
        }
        catch (Win32Exception e) when (e.NativeErrorCode == Errno.Busy)
        {
            var leaf = new Cgroup(Directory.CreateDirectory(Path.Combine(Folder, Leaf)).FullName);
            foreach (var pid in new Cgroup(Folder).OwnMembers.ToList())
            {
                leaf.Add(pid);
            }

            CgroupFile.Write(Folder, "cgroup.subtree_control", wanted);
        }
    }
}
