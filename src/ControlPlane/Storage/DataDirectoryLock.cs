namespace Slipway.ControlPlane.Storage;

/// <summary>Keeps a second control plane away from an embedded database: it would count generations twice.</summary>
internal sealed class DataDirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DataDirectoryLock(FileStream file)
    {
        _file = file;
    }

    /// <exception cref="InvalidOperationException">Another control plane runs on this directory.</exception>
    public static DataDirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, "control-plane.lock");
        try
        {
            // FileShare.None is an flock: the kernel lets go of it when the process ends, however that happens.
            return new DataDirectoryLock(
                new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (File.Exists(path))
        {
            throw new InvalidOperationException(
                $"Another control plane uses {directory} (its lock is {path}). SQLite allows one: stop the other one, "
                + "give this one a data directory of its own, or let both use PostgreSQL (Storage:Provider).",
                exception);
        }
    }

    public void Dispose() => _file.Dispose();
}
