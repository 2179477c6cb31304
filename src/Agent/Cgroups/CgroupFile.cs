using System.ComponentModel;
using System.Text;
using Slipway.Agent.Native;

namespace Slipway.Agent.Cgroups;

/// <summary>The files of a cgroup: each write is one call to the kernel.</summary>
internal static class CgroupFile
{
    private const int WriteOnly = 1;

    /// <exception cref="Win32Exception">The kernel refuses it.</exception>
    public static void Write(string folder, string name, string text)
    {
        using var file = Libc.Open(Path.Combine(folder, name), WriteOnly);
        Libc.Write(file, Encoding.ASCII.GetBytes(text));
    }

    /// <summary>Empty: there is no such file.</summary>
    public static string Read(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
