using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Slipway.Agent.Native;

/// <summary>Finds a pipe again among the descriptors of those who have it open.</summary>
internal static class PipeTable
{
    private const int MostTarget = 64;

    public static long InodeOf(SafeHandle pipe) => InodeAt(string.Create(
        CultureInfo.InvariantCulture, $"/proc/self/fd/{pipe.DangerousGetHandle()}"));

    /// <summary>A path under which the pipe can be opened; null: the process has not got it.</summary>
    public static string? Find(int pid, long inode)
    {
        var folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd");
        var descriptors = new List<int>();
        Libc.ListNumbers(Encoding.ASCII.GetBytes(folder + "\0"), descriptors);
        return descriptors
            .Select(descriptor => string.Create(CultureInfo.InvariantCulture, $"{folder}/{descriptor}"))
            .FirstOrDefault(path => InodeAt(path) == inode);
    }

    /// <summary>0: it is no pipe.</summary>
    private static long InodeAt(string path)
    {
        Span<byte> target = stackalloc byte[MostTarget];
        var link = Libc.ReadLink(Encoding.ASCII.GetBytes(path + "\0"), target);
        return link.StartsWith("pipe:["u8) && Utf8Parser.TryParse(link[6..], out long inode, out _) ? inode : 0;
    }
}
