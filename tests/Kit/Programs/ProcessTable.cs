using System.Globalization;
using Tests.Kit.Native;

namespace Tests.Kit.Programs;

/// <summary>The host's processes, as far as they belong to one temporary folder.</summary>
public static class ProcessTable
{
    /// <summary>Those that name the folder in their command line, environment or working directory.</summary>
    public static IReadOnlyList<int> Under(string folder) =>
    [
        .. from path in Directory.EnumerateDirectories("/proc")
           let pid = int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var number) ? number : 0
           where pid != 0 && pid != Environment.ProcessId && Names(path, folder)
           select pid,
    ];

    /// <summary>Ends all of them, the hard way, and those that they started meanwhile.</summary>
    public static async Task KillAsync(string folder)
    {
        for (var round = 0; round < 50 && Under(folder) is { Count: > 0 } pids; round++)
        {
            foreach (var pid in pids)
            {
                Libc.Signal(pid, Libc.Kill);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    public static bool IsAlive(int pid) =>
        Read($"/proc/{pid}/stat") is { Length: > 0 } stat && !stat.Contains(") Z ", StringComparison.Ordinal);

    /// <summary>Resident memory in bytes; of it, <paramref name="field"/> may choose a part, such as RssAnon.</summary>
    public static long Resident(int pid, string field = "VmRSS")
    {
        var lines = Read($"/proc/{pid}/status").Split('\n');
        var line = Array.Find(lines, line => line.StartsWith(field + ":", StringComparison.Ordinal));
        var words = line?.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return words is [_, var kilobytes, ..] ? long.Parse(kilobytes, CultureInfo.InvariantCulture) * 1024 : 0;
    }

    /// <summary>Processor time that the process has used so far.</summary>
    public static TimeSpan ProcessorTime(int pid)
    {
        // The second field is the name in parentheses, which may hold spaces.
        var fields = Read($"/proc/{pid}/stat").Split(") ")[^1].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture)
            + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / 100.0);
    }

    private static bool Names(string process, string folder) =>
        Read($"{process}/cmdline").Contains(folder, StringComparison.Ordinal)
        || Read($"{process}/environ").Contains(folder, StringComparison.Ordinal)
        || LinkOf($"{process}/cwd").StartsWith(folder, StringComparison.Ordinal);

    private static string LinkOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName ?? "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Gone meanwhile, or somebody else's.
            return "";
        }
    }
}
