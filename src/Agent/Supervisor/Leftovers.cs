using System.Globalization;
using System.Text;
using Slipway.Agent.Cgroups;

namespace Slipway.Agent.Supervisor;

/// <summary>What may still live of a workload whose journal nobody can read.</summary>
internal static class Leftovers
{
    /// <summary>The processes in the cgroups of the folder's supervisor, and those that run one of its releases.
    /// </summary>
    public static IReadOnlyList<int> Find(string folder)
    {
        var groups = CgroupTree.Find()?.Sweep(CgroupName.Of(folder), new HashSet<string>()) ?? [];
        var release = Encoding.UTF8.GetBytes($"SLIPWAY_RELEASE_DIR={Path.GetDirectoryName(folder)}/");
        return
        [
            .. groups.SelectMany(group => group.Members)
                .Concat(Processes().Where(pid => EnvironmentOf(pid).AsSpan().IndexOf(release) >= 0))
                .Distinct()
                .Order(),
        ];
    }

    private static IEnumerable<int> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0 && pid != Environment.ProcessId);

    private static byte[] EnvironmentOf(int pid)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{pid}/environ");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // It has ended, or is another user's, which this one could not have started.
        }
    }
}
