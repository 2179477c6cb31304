using System.ComponentModel;
using System.Globalization;
using Slipway.Agent.Native;

namespace Slipway.Agent.Cgroups;

/// <summary>One cgroup (v2): all processes of a generation, wherever they fork to.</summary>
internal sealed record Cgroup(string Folder)
{
    private const int Period = 100_000;
    private const string Processes = "cgroup.procs";
    private const string CommandPrefix = "slipway-command-";

    /// <summary>How many of its processes the kernel has killed for want of memory.</summary>
    public long OutOfMemoryKills => CountOf(CgroupFile.Read(Folder, "memory.events"), "oom_kill");

    /// <summary>The living processes, also of groups that the program has made inside.</summary>
    public IEnumerable<int> Members => Folders.SelectMany(folder => new Cgroup(folder).OwnMembers);

    public IEnumerable<int> OwnMembers =>
        CgroupFile.Read(Folder, Processes).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => int.Parse(line, CultureInfo.InvariantCulture));

    /// <summary>The innermost first.</summary>
    private IEnumerable<string> Folders => Directory.Exists(Folder)
        ? Directory.EnumerateDirectories(Folder, "*", SearchOption.AllDirectories)
            .OrderByDescending(folder => folder.Length).Append(Folder).ToList()
        : [];

    /// <summary>The groups inside of the commands that ran beside the program.</summary>
    public IEnumerable<Cgroup> Commands => Folders
        .Where(folder => Path.GetFileName(folder).StartsWith(CommandPrefix, StringComparison.Ordinal))
        .Select(folder => new Cgroup(folder));

    /// <summary>Reads the count of a key in lines of <c>key count</c>; 0: it is not there.</summary>
    public static long CountOf(string lines, string key) => lines.Split('\n')
        .Select(line => line.Split(' '))
        .Where(words => words.Length == 2 && words[0] == key)
        .Select(words => long.TryParse(words[1], CultureInfo.InvariantCulture, out var count) ? count : 0)
        .FirstOrDefault();

    /// <exception cref="Win32Exception">The kernel refuses it.</exception>
    public void Limit(CgroupLimits limits)
    {
        if (limits.Memory is { } bytes)
        {
            CgroupFile.Write(Folder, "memory.max", bytes.ToString(CultureInfo.InvariantCulture));
        }

        if (limits.Cpu is { } cores)
        {
            CgroupFile.Write(
                Folder, "cpu.max", string.Create(CultureInfo.InvariantCulture, $"{(long)(cores * Period)} {Period}"));
        }

        if (limits.Pids is { } pids)
        {
            CgroupFile.Write(Folder, "pids.max", pids.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Takes a command in, which then has a group of its own inside, if there can be one.</summary>
    /// <exception cref="Win32Exception">The kernel refuses it.</exception>
    public Cgroup? AddCommand(int pid)
    {
        var own = CreateCommand(pid);
        (own ?? this).Add(pid);
        return own;
    }

    /// <summary>Takes a process in; those that it makes from now on are in, too.</summary>
    /// <exception cref="Win32Exception">The kernel refuses it.</exception>
    public void Add(int pid) => CgroupFile.Write(Folder, Processes, pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Kills everything in it in one step, so that nothing can fork away from it.</summary>
    public void Kill()
    {
        try
        {
            CgroupFile.Write(Folder, "cgroup.kill", "1");
        }
        catch (Win32Exception)
        {
            KillEach(); // A kernel before 5.14; or the group is gone, and has no members.
        }
    }

    /// <summary>Removes it unless something lives in it; whether it is not there any more.</summary>
    public bool TryClear()
    {
        // Not in part: groups that a living program has made inside are its own, also empty ones.
        if (!Members.Any())
        {
            Remove();
        }

        return !Directory.Exists(Folder);
    }

    /// <summary>Removes it if nothing lives in it.</summary>
    public void Remove()
    {
        try
        {
            foreach (var folder in Folders)
            {
                Directory.Delete(folder);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Something lives in it after all: an empty folder is all that stays once that ends.
        }
    }

    private Cgroup? CreateCommand(int pid)
    {
        var name = CommandPrefix + pid.ToString(CultureInfo.InvariantCulture);
        try
        {
            return new Cgroup(Directory.CreateDirectory(Path.Combine(Folder, name)).FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private void KillEach()
    {
        foreach (var pid in Members)
        {
            try
            {
                using var process = Libc.OpenProcess(pid);
                if (process is not null)
                {
                    Libc.SendSignal(process, Libc.SignalKill);
                }
            }
            catch (Win32Exception)
            {
                // It has become another user's, who alone may end it.
            }
        }
    }
}
