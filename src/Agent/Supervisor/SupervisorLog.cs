using System.ComponentModel;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// What a supervisor says of itself: its standard error, kept in its folder in two files of about a megabyte.
/// </summary>
internal static class SupervisorLog
{
    public const string Name = "supervisor.log";

    private const int StandardError = 2;
    private const long MostBytes = 1 << 20;
    private const int MostWords = 1024;

    /// <summary>To be the standard error of a supervisor that is about to start.</summary>
    /// <exception cref="Win32Exception">It cannot be opened.</exception>
    public static SafeFileHandle Open(string folder)
    {
        Rotate(PathIn(folder));
        return Libc.OpenAppend(PathIn(folder));
    }

    /// <summary>Adds a line to this process's standard error.</summary>
    /// <exception cref="Win32Exception">It cannot be written, such as on a full disk.</exception>
    public static void Write(string folder, string line)
    {
        using var error = new SafeFileHandle(StandardError, ownsHandle: false);

        // Whatever else it is, such as a terminal, is not this one's to rotate.
        if (Libc.IdentifyFile(error) == Libc.IdentifyTarget(PathIn(folder)) && Rotate(PathIn(folder)))
        {
            using var fresh = Libc.OpenAppend(PathIn(folder));
            Libc.DuplicateOnto(fresh, StandardError - 1);
            Libc.DuplicateOnto(fresh, StandardError);
        }

        Libc.Write(error, Encoding.UTF8.GetBytes(line + "\n"));
    }

    /// <summary>What was said last; empty: nothing.</summary>
    public static string LastLine(string folder)
    {
        try
        {
            var line = File.ReadLines(PathIn(folder)).LastOrDefault(line => line.Length > 0) ?? "";
            return line.Length <= MostWords ? line : line[..MostWords];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string PathIn(string folder) => Path.Combine(folder, Name);

    private static bool Rotate(string path)
    {
        if (new FileInfo(path) is not { Exists: true, Length: > MostBytes })
        {
            return false;
        }

        File.Move(path, path + ".1", overwrite: true);
        return true;
    }
}
