namespace Slipway.Agent.Hosting;

/// <summary>The folder that holds everything that the agent must remember. One agent at a time uses it.</summary>
internal sealed record StateFolder(string Path)
{
    private const UnixFileMode OwnerOnly =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode LockMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly FileStreamOptions LockOptions = new()
    {
        Mode = FileMode.OpenOrCreate,
        Access = FileAccess.ReadWrite,
        Share = FileShare.None,
        UnixCreateMode = LockMode,
    };

    /// <summary>Makes the folder if need be and takes it until the lock is disposed or the process ends.</summary>
    /// <exception cref="IOException">Another agent has it, or it cannot be written.</exception>
    public IDisposable Lock()
    {
        Directory.CreateDirectory(Path, OwnerOnly);
        var file = System.IO.Path.Combine(Path, "agent.lock");
        try
        {
            // FileShare.None is flock(2) with LOCK_EX and LOCK_NB; the kernel lets go of it when the process ends.
            var taken = new FileStream(file, LockOptions);

            // Whoever may read a file may lock it, and then no agent could start.
            File.SetUnixFileMode(taken.SafeFileHandle, LockMode);
            return taken;
        }
        catch (IOException exception) when (File.Exists(file))
        {
            throw new IOException(
                $"Another agent uses the state folder {Path}; stop it, or give this one another state_dir.", exception);
        }
    }

    /// <summary>A folder inside, which is made if need be; only the owner may enter.</summary>
    public string Folder(string name)
    {
        var folder = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(folder, OwnerOnly);
        return folder;
    }
}
