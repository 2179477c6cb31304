using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace Slipway.Agent.Native;

/// <summary>
/// What the kernel tells of processes and their descriptors. An answer is good until the same is asked again: its
/// memory is used again, so that a supervisor, which asks often and lives for months, does not grow.
/// </summary>
internal sealed class ProcessTable
{
    private const int MostPath = 64;
    private const int MostStat = 1024;

    private readonly List<int> _numbers = [];
    private readonly List<ProcessStat> _processes = [];
    private readonly HashSet<int> _family = [];
    private readonly List<(int Descriptor, long Inode)> _sockets = [];

    /// <summary>Changes with each boot of the host.</summary>
    public static string BootId { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    public static ProcessStat? Read(int pid)
    {
        Span<byte> path = stackalloc byte[MostPath];
        Span<byte> line = stackalloc byte[MostStat];
        WritePath(path, pid, "/stat\0"u8);
        return ProcessStat.Parse(Libc.ReadStart(path, line)); // null: it has ended.
    }

    public static long InodeOf(SafeHandle socket)
    {
        Span<byte> path = stackalloc byte[MostPath];
        var end = WritePath(path, Environment.ProcessId, "/fd/"u8);
        WriteNumber(path[end..], (int)socket.DangerousGetHandle());
        return InodeAt(path);
    }

    /// <summary>A living process, those of its session if it leads one, and all their descendants.</summary>
    /// <param name="session">Its number.</param>
    /// <param name="others">Who counts as a member, too.</param>
    public HashSet<int> FamilyOf(int session, IEnumerable<int>? others = null)
    {
        _numbers.Clear();
        _processes.Clear();
        _family.Clear();
        Libc.ListNumbers("/proc\0"u8, _numbers);
        foreach (var pid in _numbers)
        {
            if (Read(pid) is { } stat)
            {
                _processes.Add(stat);
            }
        }

        _family.UnionWith(others ?? []);
        bool hasGrown;
        do
        {
            hasGrown = false;
            foreach (var stat in _processes)
            {
                var isMember = stat.Pid == session || stat.Session == session || _family.Contains(stat.Parent);
                hasGrown |= isMember && _family.Add(stat.Pid);
            }
        }
        while (hasGrown);

        foreach (var stat in _processes)
        {
            if (stat.IsZombie)
            {
                _family.Remove(stat.Pid);
            }
        }

        return _family;
    }

    /// <summary>The processes whose parent is this one, ended ones too.</summary>
    public List<int> ChildrenOf(int parent)
    {
        _numbers.Clear();
        Libc.ListNumbers("/proc\0"u8, _numbers);
        _numbers.RemoveAll(pid => Read(pid)?.Parent != parent);
        return _numbers;
    }

    /// <summary>The sockets that a process has open: the descriptor's number and the socket's inode.</summary>
    public List<(int Descriptor, long Inode)> SocketsOf(int pid)
    {
        Span<byte> path = stackalloc byte[MostPath];
        _numbers.Clear();
        _sockets.Clear();
        var end = WritePath(path, pid, "/fd/\0"u8) - 1;
        Libc.ListNumbers(path, _numbers);
        foreach (var descriptor in _numbers)
        {
            WriteNumber(path[end..], descriptor);
            if (InodeAt(path) is var inode and not 0)
            {
                _sockets.Add((descriptor, inode));
            }
        }

        return _sockets;
    }

    /// <summary>Writes the name of something in the folder of a process; the length of that name.</summary>
    private static int WritePath(Span<byte> path, int pid, ReadOnlySpan<byte> rest)
    {
        "/proc/"u8.CopyTo(path);
        Utf8Formatter.TryFormat(pid, path[6..], out var digits);
        rest.CopyTo(path[(6 + digits)..]);
        return 6 + digits + rest.Length;
    }

    private static void WriteNumber(Span<byte> path, int number)
    {
        Utf8Formatter.TryFormat(number, path, out var digits);
        path[digits] = 0;
    }

    /// <summary>0: it is no socket, or it was closed since the folder was listed.</summary>
    private static long InodeAt(ReadOnlySpan<byte> path)
    {
        Span<byte> target = stackalloc byte[MostPath];
        var link = Libc.ReadLink(path, target);
        return link.StartsWith("socket:["u8) && Utf8Parser.TryParse(link[8..], out long inode, out _) ? inode : 0;
    }
}
