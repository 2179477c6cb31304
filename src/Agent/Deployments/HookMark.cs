using System.ComponentModel;
using System.Globalization;
using System.Text;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Native;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Deployments;

/// <summary>Which hook of a workload runs, on disk: an agent that is killed leaves it to the next to end it.</summary>
/// <param name="folder">The workload's folder.</param>
internal sealed class HookMark(string folder)
{
    private static readonly HashSet<string> None = [];

    private readonly CgroupName _groups = CgroupName.Of(Path.GetFullPath(folder));

    private string MarkFile => Path.Combine(folder, "hook.pid");

    /// <summary>Gives a hook a cgroup of its own; null: there can be none.</summary>
    /// <exception cref="Win32Exception">The kernel refuses the process.</exception>
    public Cgroup? Join(int pid)
    {
        var group = CgroupTree.Find()?.Create(_groups, pid);
        group?.Add(pid);
        return group;
    }

    public void Set(int pid) => AtomicFile.Write(MarkFile, Mark(pid));

    public void Clear() => File.Delete(MarkFile);

    /// <summary>Ends what an earlier agent started and could not end.</summary>
    public void EndStraggler()
    {
        if (!File.Exists(MarkFile))
        {
            return;
        }

        var parts = File.ReadAllText(MarkFile).Split(' ');
        if (int.TryParse(parts[0], CultureInfo.InvariantCulture, out var pid)
            && Mark(pid).AsSpan().SequenceEqual(File.ReadAllBytes(MarkFile)))
        {
            Libc.SendGroupSignal(pid, Libc.SignalKill);
        }

        foreach (var group in CgroupTree.Find()?.Sweep(_groups, None) ?? [])
        {
            group.Kill();
        }

        Clear();
    }

    // A process's number comes again; with the time of its start it is one of a kind until the next boot.
    private static byte[] Mark(int pid) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"{pid} {ProcessTable.Read(pid)?.StartTicks ?? 0} {ProcessTable.BootId}"));
}
