using System.Globalization;
using Tests.Kit.Programs;

namespace Tests.Kit.Restarts;

/// <summary>What a supervisor holds, and how many programs there are.</summary>
/// <param name="Descriptors">The supervisor's.</param>
/// <param name="Threads">The supervisor's.</param>
/// <param name="Zombies">Children of the supervisor that have ended and were not waited for.</param>
/// <param name="Programs">All that belong to the host.</param>
/// <param name="Megabytes">The supervisor's own memory.</param>
public sealed record HostWeight(int Descriptors, int Threads, int Zombies, int Programs, double Megabytes)
{
    // A connection or a worker that comes and goes; what one restart in ten leaves behind is more.
    private const int Some = 3;
    private const double SomeMegabytes = 6;

    public static HostWeight Of(string folder, int supervisor) => new(
        Directory.GetFiles($"/proc/{supervisor}/fd").Length,
        Directory.GetDirectories($"/proc/{supervisor}/task").Length,
        ZombiesOf(supervisor),
        ProcessTable.Under(folder).Count,
        ProcessTable.Resident(supervisor, "RssAnon") / 1e6);

    /// <summary>Whether nothing of it has grown since.</summary>
    public bool IsAtMost(HostWeight other) =>
        Descriptors <= other.Descriptors + Some && Threads <= other.Threads + Some && Zombies == 0
        && Programs <= other.Programs + Some && Megabytes <= other.Megabytes + SomeMegabytes;

    private static int ZombiesOf(int parent) => Directory.EnumerateDirectories("/proc")
        .Where(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out _))
        .Count(path => IsZombieOf(path, parent));

    private static bool IsZombieOf(string path, int parent)
    {
        try
        {
            var fields = File.ReadAllText($"{path}/stat").Split(") ")[^1].Split(' ');
            return fields[0] == "Z" && fields[1] == $"{parent}";
        }
        catch (IOException)
        {
            return false; // Gone meanwhile.
        }
    }
}
