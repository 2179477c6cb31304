using System.ComponentModel;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Starter;

/// <summary>The file that names the daemon and is locked as long as it lives.</summary>
internal sealed class PidFile : IDisposable
{
    private readonly string _path;

    /// <param name="path">Where it is.</param>
    /// <param name="file">It, open and locked.</param>
    public PidFile(string path, SafeFileHandle file)
    {
        (_path, File) = (Path.GetFullPath(path), file);
    }

    /// <summary>The lock lasts as long as this is open, here or in another program of this process.</summary>
    public SafeFileHandle File { get; }

    /// <summary>Takes the lock; what another daemon has written stays as long as it lives.</summary>
    /// <exception cref="StarterException">It lives, or the file cannot be had.</exception>
    public static PidFile Take(string path)
    {
        var full = Path.GetFullPath(path);
        try
        {
            while (true)
            {
                var file = Libc.OpenUnlocked(full, canCreate: true);
                if (!Libc.TryLock(file))
                {
                    file.Dispose();
                    throw new StarterException(
                        $"{path} is locked: start_server (pid:{ReadPid(full)}) runs already; stop it with --stop");
                }

                // Its name may have gone, with the one who had it, between the opening and the lock.
                if (Libc.IdentifyTarget(full) is { } named && named == Libc.IdentifyFile(file))
                {
                    // Nobody is to signal the process that an earlier daemon's number belongs to by now.
                    RandomAccess.SetLength(file, 0);
                    return new PidFile(full, file);
                }

                file.Dispose();
            }
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            throw new StarterException($"failed to open file:{path}: {e.Message}");
        }
    }

    /// <summary>Opens what another daemon may have locked.</summary>
    /// <exception cref="StarterException">It is not there.</exception>
    public static SafeFileHandle Find(string path)
    {
        try
        {
            return Libc.OpenUnlocked(Path.GetFullPath(path), canCreate: false);
        }
        catch (Win32Exception e)
        {
            throw new StarterException($"failed to open file:{path}: {e.Message}");
        }
    }

    /// <summary>What a pid file says; null: nothing yet.</summary>
    public static int? ReadPid(string path)
    {
        try
        {
            using var file = Libc.OpenUnlocked(Path.GetFullPath(path), canCreate: false);
            var bytes = new byte[32];
            var text = Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, 0));
            return int.TryParse(text.Split('\n')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && pid > 0 ? pid : null;
        }
        catch (Exception e) when (e is IOException or Win32Exception)
        {
            return null;
        }
    }

    public void Write(int pid)
    {
        var text = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid}\n"));
        RandomAccess.Write(File, text, 0);
        RandomAccess.SetLength(File, text.Length); // Another process's number may have been longer.
    }

    /// <summary>Removes the file, if it is still the same, and then lets go of the lock.</summary>
    public void Dispose()
    {
        if (Libc.IdentifyTarget(_path) is { } named && named == Libc.IdentifyFile(File))
        {
            System.IO.File.Delete(_path);
        }

        File.Dispose();
    }
}
