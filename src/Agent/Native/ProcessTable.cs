using System.Globalization;
using System.Runtime.InteropServices;

namespace Slipway.Agent.Native;

/// <summary>What the kernel tells of processes and their descriptors.</summary>
internal static class ProcessTable
{
    /// <summary>Changes with each boot of the host.</summary>
    public static string BootId => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    public static ProcessStat? Read(int pid)
    {
        try
        {
            return ProcessStat.Parse(File.ReadAllText($"/proc/{pid}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // It has ended.
        }
    }

    /// <summary>The living processes of a session and all their descendants.</summary>
    public static HashSet<int> FamilyOf(int session)
    {
        var all = Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0)
            .Select(Read)
            .OfType<ProcessStat>()
            .ToList();
        var family = all.Where(stat => stat.Session == session).Select(stat => stat.Pid).ToHashSet();
        while (all.Any(stat => family.Contains(stat.Parent) && family.Add(stat.Pid)))
        {
            // One more generation of descendants.
        }

        family.RemoveWhere(pid => all.Exists(stat => stat.Pid == pid && stat.IsZombie));
        return family;
    }

    /// <summary>The sockets that a process has open: the descriptor's number and the socket's inode.</summary>
    public static IEnumerable<(int Descriptor, long Inode)> SocketsOf(int pid)
    {
        IReadOnlyList<string> descriptors;
        try
        {
            descriptors = Directory.GetFiles($"/proc/{pid}/fd");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            yield break;
        }

        foreach (var path in descriptors)
        {
            if (InodeAt(path) is { } inode)
            {
                yield return (int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture), inode);
            }
        }
    }

    public static long InodeOf(SafeHandle socket) => InodeAt($"/proc/self/fd/{socket.DangerousGetHandle()}") ?? 0;

    private static long? InodeAt(string path)
    {
        try
        {
            var target = new FileInfo(path).LinkTarget;
            return target is not null && target.StartsWith("socket:[", StringComparison.Ordinal)
                ? long.Parse(target.AsSpan(8, target.Length - 9), CultureInfo.InvariantCulture)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // Closed since the folder was listed.
        }
    }
}
