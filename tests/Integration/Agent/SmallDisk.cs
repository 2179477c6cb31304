namespace Tests.Integration.Agent;

/// <summary>A file system of half a megabyte.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static SmallDisk Mount()
    {
        var disk = new SmallDisk();
        if (Run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", disk._folder.Path) != 0)
        {
            disk._folder.Dispose();
            Assert.Skip("It takes a user who may mount a file system.");
        }

        return disk;
    }

    public string In(string name) => _folder.In(name);

    public void Fill()
    {
        using var file = File.OpenHandle(In("filler"), FileMode.Create, FileAccess.Write);
        var page = new byte[4096];
        var isFull = false;
        for (var offset = 0L; !isFull; offset += page.Length)
        {
            try
            {
                RandomAccess.Write(file, page, offset);
            }
            catch (IOException)
            {
                isFull = true;
            }
        }
    }

    public void Free() => File.Delete(In("filler"));

    public void Dispose()
    {
        Run("umount", "--lazy", _folder.Path);
        _folder.Dispose();
    }

    private static int Run(string program, params string[] arguments)
    {
        using var process = System.Diagnostics.Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
