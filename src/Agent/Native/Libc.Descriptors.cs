using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Slipway.Agent.Native;

internal static partial class Libc
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int NonBlocking = 0x800;
    public const int PathOnly = 0x200000;

    private const int CloseOnExec = 0x80000;
    private const int Create = 0x40;
    private const int Everybody = 0x1b6; // 0666, less the umask.
    private const int WriteAppend = 0x1 | 0x40 | 0x400; // O_WRONLY | O_CREAT | O_APPEND
    private const int GetDescriptorFlags = 1;
    private const int SetDescriptorFlags = 2;
    private const int GetFlags = 3;
    private const int SetFlags = 4;
    private const int DuplicateCloseOnExec = 1030;
    private const int LockExclusiveNow = 2 | 4;
    private const int Unlocked = 8;
    private const uint CloseRangeCloseOnExec = 4;

    /// <summary>Opens an existing file; close-on-exec, as every descriptor here.</summary>
    public static SafeFileHandle Open(string path, int flags) =>
        Own(Check(OpenFile(path, flags | CloseOnExec, 0), $"open {path}"));

    /// <summary>Opens a file for reading and writing, and takes no lock; makes it if it has to and may.</summary>
    public static SafeFileHandle OpenUnlocked(string path, bool canCreate) =>
        Own(Check(OpenFile(path, ReadWrite | CloseOnExec | (canCreate ? Create : 0), Everybody), $"open {path}"));

    /// <summary>Opens a file for appending.</summary>
    /// <param name="path">Where.</param>
    /// <param name="mode">Who may use it when it has to be created; 0600: only its owner.</param>
    public static SafeFileHandle OpenAppend(string path, int mode = 0x180) =>
        Own(Check(OpenFile(path, WriteAppend | CloseOnExec, mode), $"open {path}"));

    /// <summary>A file without a name, in memory.</summary>
    public static SafeFileHandle CreateMemoryFile(string name) => Own(Check(MemfdCreate(name, 1), "memfd_create"));

    /// <summary>A pipe: its reading end does not block, its writing end does.</summary>
    public static unsafe (SafeFileHandle Reader, SafeFileHandle Writer) CreatePipe()
    {
        var ends = stackalloc int[2];
        Check(Pipe2(ends, CloseOnExec), "pipe2");
        var (reader, writer) = (Own(ends[0]), Own(ends[1]));
        SetBlocking(reader, blocking: false);
        return (reader, writer);
    }

    public static unsafe int Read(SafeHandle file, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return Transferred(ReadFile(file, start, buffer.Length), "read");
        }
    }

    public static unsafe int Write(SafeHandle file, ReadOnlySpan<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return Transferred(WriteFile(file, start, buffer.Length), "write");
        }
    }

    /// <summary>Changes O_NONBLOCK, which belongs to the open file and so to every process that shares it.</summary>
    public static void SetBlocking(SafeHandle file, bool blocking)
    {
        var flags = Check(Control(file, GetFlags, 0), "fcntl");
        var wanted = blocking ? flags & ~NonBlocking : flags | NonBlocking;
        if (wanted != flags)
        {
            Check(Control(file, SetFlags, wanted), "fcntl");
        }
    }

    /// <summary>Another descriptor of the same open file, numbered <paramref name="lowest"/> or higher.</summary>
    public static SafeFileHandle Duplicate(SafeHandle file, int lowest) =>
        Own(Check(Control(file, DuplicateCloseOnExec, lowest), "fcntl"));

    /// <summary>Makes <paramref name="number"/> this process's descriptor of the same open file.</summary>
    public static void DuplicateOnto(SafeHandle file, int number) => Check(Dup2(file, number), "dup2");

    /// <summary>Marks every descriptor from <paramref name="first"/> on to be closed by the next exec.</summary>
    public static void CloseOnExecFrom(int first) =>
        Check(CloseRange((uint)first, uint.MaxValue, CloseRangeCloseOnExec), "close_range");

    /// <summary>This process's descriptors from 3 on that a program gets which it starts.</summary>
    public static HashSet<int> InheritableDescriptors()
    {
        var numbers = new List<int>();
        ListNumbers("/proc/self/fd\0"u8, numbers);
        return [.. numbers.Where(number => number > 2 && ControlNumbered(number, GetDescriptorFlags, 0) == 0)];
    }

    /// <summary>Whether the next exec leaves this descriptor open.</summary>
    public static void SetInherited(SafeHandle file, bool inherited) =>
        Check(Control(file, SetDescriptorFlags, inherited ? 0 : 1), "fcntl");

    /// <summary>This process's descriptor of that number, which an earlier program has left open.</summary>
    /// <exception cref="Win32Exception">It is not open.</exception>
    public static SafeFileHandle Inherit(int number)
    {
        var file = Own(number);
        try
        {
            Check(Control(file, GetDescriptorFlags, 0), $"descriptor {number}");
            return file;
        }
        catch
        {
            file.SetHandleAsInvalid();
            throw;
        }
    }

    /// <summary>Takes the lock of an open file for as long as it stays open; false: another process has it.</summary>
    public static bool TryLock(SafeHandle file)
    {
        if (Flock(file, LockExclusiveNow) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == Errno.Again ? false : throw Failure(error, "flock");
    }

    /// <summary>Lets go of the lock of an open file.</summary>
    public static void Unlock(SafeHandle file) => Check(Flock(file, Unlocked), "flock");

    /// <summary>Whether this process may execute the file.</summary>
    public static bool MayExecute(string path) => Access(path, 1) == 0;

    private static SafeFileHandle Own(int descriptor) => new(descriptor, ownsHandle: true);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport(Library, EntryPoint = "memfd_create", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);

    [LibraryImport(Library, EntryPoint = "pipe2", SetLastError = true)]
    private static unsafe partial int Pipe2(int* ends, int flags);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    private static unsafe partial nint ReadFile(SafeHandle file, byte* buffer, nint length);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteFile(SafeHandle file, byte* buffer, nint length);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeHandle file, int command, int argument);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int ControlNumbered(int file, int command, int argument);

    [LibraryImport(Library, EntryPoint = "dup2", SetLastError = true)]
    private static partial int Dup2(SafeHandle file, int number);

    [LibraryImport(Library, EntryPoint = "close_range", SetLastError = true)]
    private static partial int CloseRange(uint first, uint last, uint flags);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeHandle file, int operation);

    [LibraryImport(Library, EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);
}
