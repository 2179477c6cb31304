using System.Globalization;
using Slipway.Shared.Native;

namespace Slipway.Shared.Storage;

/// <summary>Writes state files so that a crash leaves either the old content or the new one, never a part.</summary>
/// <remarks>Temporary name, flush, rename, flush of the folder: see rename(2) and fsync(2).</remarks>
public static class AtomicFile
{
    /// <summary>Replaces <paramref name="path"/>; on return the content survives a power cut.</summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <param name="content">The whole new content.</param>
    /// <param name="mode">Its permissions from the first moment; by default only the owner may read it.</param>
    /// <exception cref="IOException">The disk is full or there is no such folder; the old content stays.</exception>
    public static void Write(
        string path,
        ReadOnlySpan<byte> content,
        UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        try
        {
            using (var file = new FileStream(temporary, Options(mode)))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        FlushFolderOf(path);
    }

    /// <summary>Removes what writers left in the folder that were killed in the midst of it.</summary>
    public static void Sweep(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*.tmp"))
        {
            var parts = Path.GetFileName(path).Split('.');
            if (parts.Length > 2 && int.TryParse(parts[^2], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && (id == Environment.ProcessId || !Directory.Exists($"/proc/{id}")))
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>Makes a rename or a new name in the folder of <paramref name="path"/> survive a power cut.</summary>
    public static void FlushFolderOf(string path) =>
        FlushFolder(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/");

    /// <summary>Makes the names inside <paramref name="folder"/> survive a power cut.</summary>
    public static void FlushFolder(string folder)
    {
        using var handle = Libc.OpenFolder(folder);
        RandomAccess.FlushToDisk(handle);
    }

    private static FileStreamOptions Options(UnixFileMode mode) => new()
    {
        Mode = FileMode.Create,
        Access = FileAccess.Write,
        UnixCreateMode = mode,
        BufferSize = 0,
    };
}
