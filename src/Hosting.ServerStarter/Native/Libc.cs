using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Slipway.Hosting.ServerStarter.Native;

/// <summary>The system calls behind inherited sockets; Linux.</summary>
internal static partial class Libc
{
    private const int SetDescriptorFlags = 2;
    private const int CloseOnExec = 1;
    private const int SocketLevel = 1;
    private const int AcceptsConnections = 30;

    /// <summary>Whether the descriptor is open and a socket that listens.</summary>
    public static bool IsListening(int descriptor)
    {
        var size = sizeof(int);
        return GetOption(descriptor, SocketLevel, AcceptsConnections, out var listens, ref size) == 0 && listens != 0;
    }

    public static void SetCloseOnExec(int descriptor)
    {
        if (Control(descriptor, SetDescriptorFlags, CloseOnExec) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    private static partial int GetOption(int descriptor, int level, int option, out int value, ref int size);
}
