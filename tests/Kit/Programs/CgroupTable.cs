namespace Tests.Kit.Programs;

/// <summary>The cgroups (v2) that supervisors make for their programs.</summary>
public static class CgroupTable
{
    private const StringComparison Exactly = StringComparison.Ordinal;

    /// <summary>Those that the processes are in.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<int> pids)
    {
        var mount = File.ReadLines("/proc/mounts").Select(line => line.Split(' '))
            .FirstOrDefault(words => words[2] == "cgroup2")?[1];
        return mount is null ? [] :
        [
            .. pids.Select(PathOf).OfType<string>().Distinct()
                .Where(path => Path.GetFileName(path).StartsWith("slipway-", Exactly))
                .Select(path => Path.Join(mount, path)),
        ];
    }

    /// <summary>Removes those in which nothing lives any more, as their supervisors would have.</summary>
    public static void Remove(IEnumerable<string> folders)
    {
        foreach (var folder in folders.Where(Directory.Exists))
        {
            try
            {
                Directory.Delete(folder);
            }
            catch (IOException)
            {
                // Not empty yet: better a folder that stays than a test that fails for it.
            }
        }
    }

    private static string? PathOf(int pid)
    {
        try
        {
            return File.ReadLines($"/proc/{pid}/cgroup").FirstOrDefault(line => line.StartsWith("0::/", Exactly))?[3..];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null; // Gone meanwhile.
        }
    }
}
