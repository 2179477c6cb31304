using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Shared.Native;

/// <summary>The one system call that both programs need and the framework has no wrapper for.</summary>
internal static partial class Libc
{
    private const int CloseOnExec = 0x80000;

    /// <summary>Opens a folder for reading, which the framework refuses; a flush needs it.</summary>
    /// <exception cref="IOException">There is no such folder, or it may not be read.</exception>
    public static SafeFileHandle OpenFolder(string path)
    {
        var handle = new SafeFileHandle(Open(path, CloseOnExec), ownsHandle: true);
        return handle.IsInvalid
            ? throw new IOException($"Cannot open the folder {path}: {Marshal.GetLastPInvokeErrorMessage()}")
            : handle;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
