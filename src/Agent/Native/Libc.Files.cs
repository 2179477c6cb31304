using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

/// <summary>System calls on files that the framework has no wrapper for.</summary>
internal static partial class Libc
{
    private const int OpenCloseOnExec = 0x80000;
    private const int CurrentFolder = -100;
    private const uint RenameExchange = 2;

    /// <summary>Gives the file <paramref name="existing"/> a second name.</summary>
    /// <exception cref="IOException">It cannot be done, such as on a full disk.</exception>
    public static void Link(string existing, string name)
    {
        if (LinkNative(existing, name) != 0)
        {
            throw FileError($"Cannot link {name}");
        }
    }

    /// <summary>Gives a file or link another name, in one step; what had that name is gone.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    public static void Rename(string path, string name)
    {
        if (RenameNative(path, name) != 0)
        {
            throw FileError($"Cannot rename {path}");
        }
    }

    /// <summary>Lets two paths change their names, in one step; false: this file system cannot.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    public static bool Exchange(string left, string right)
    {
        if (RenameAt2(CurrentFolder, left, CurrentFolder, right, RenameExchange) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() is Errno.Invalid or Errno.NotImplemented or Errno.CrossDevice
            ? false
            : throw FileError($"Cannot exchange {left} and {right}");
    }

    /// <summary>Writes all that is still in memory for the file system of <paramref name="folder"/> to disk.</summary>
    /// <exception cref="IOException">Something could not be written, such as on a full disk.</exception>
    public static void SyncFileSystem(string folder)
    {
        using var handle = OpenNative(folder, OpenCloseOnExec);
        if (handle.IsInvalid || SyncFsNative(handle) != 0)
        {
            throw FileError($"Cannot flush {folder}");
        }
    }

    private static IOException FileError(string what)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{what}: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkNative(string existing, string name);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameNative(string path, string name);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int leftFolder, string left, int rightFolder, string right, uint flags);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenNative(string path, int flags);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFsNative(SafeFileHandle descriptor);
}
