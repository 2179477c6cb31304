using System.Buffers.Text;
using System.Runtime.InteropServices;

namespace Slipway.Agent.Native;

/// <summary>Reads of /proc that leave nothing on the heap. Paths are UTF-8 and end with a zero.</summary>
internal static partial class Libc
{
    private const int NameOffset = 19; // struct dirent on 64 bits: d_ino (8), d_off (8), d_reclen (2), d_type (1).
    private const int MostDigits = 10;

    /// <summary>Adds the entries of a folder whose names are numbers; false: it cannot be read.</summary>
    public static unsafe bool ListNumbers(ReadOnlySpan<byte> path, List<int> numbers)
    {
        fixed (byte* start = path)
        {
            var folder = OpenFolder(start);
            if (folder == 0)
            {
                return false;
            }

            while (ReadFolder(folder) is var entry && entry != null)
            {
                var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset);
                if (name.Length <= MostDigits
                    && Utf8Parser.TryParse(name, out int number, out var used) && used == name.Length)
                {
                    numbers.Add(number);
                }
            }

            _ = CloseFolder(folder);
            return true;
        }
    }

    /// <summary>The beginning of a file, as far as there is room for it; empty: it cannot be read.</summary>
    public static unsafe ReadOnlySpan<byte> ReadStart(ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        fixed (byte* start = path, into = buffer)
        {
            var file = OpenPath(start, ReadOnly | CloseOnExec, 0);
            if (file < 0)
            {
                return [];
            }

            var length = ReadNumbered(file, into, buffer.Length);
            _ = CloseNumbered(file);
            return buffer[..(int)Math.Max(0, length)];
        }
    }

    /// <summary>Where a symbolic link points, as far as there is room for it; empty: it cannot be read.</summary>
    public static unsafe ReadOnlySpan<byte> ReadLink(ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        fixed (byte* start = path, into = buffer)
        {
            var length = ReadLinkNative(start, into, buffer.Length);
            return buffer[..(int)Math.Max(0, length)];
        }
    }

    [LibraryImport(Library, EntryPoint = "opendir")]
    private static unsafe partial nint OpenFolder(byte* path);

    [LibraryImport(Library, EntryPoint = "readdir")]
    private static unsafe partial byte* ReadFolder(nint folder);

    [LibraryImport(Library, EntryPoint = "closedir")]
    private static partial int CloseFolder(nint folder);

    [LibraryImport(Library, EntryPoint = "open")]
    private static unsafe partial int OpenPath(byte* path, int flags, int mode);

    [LibraryImport(Library, EntryPoint = "read")]
    private static unsafe partial nint ReadNumbered(int file, byte* buffer, nint length);

    [LibraryImport(Library, EntryPoint = "close")]
    private static partial int CloseNumbered(int file);

    [LibraryImport(Library, EntryPoint = "readlink")]
    private static unsafe partial nint ReadLinkNative(byte* path, byte* buffer, nint length);
}
