using System.Buffers;
using Slipway.Agent.Native;

namespace Slipway.Agent.Archives;

/// <summary>The new, private folder that an archive is unpacked into. Nothing is ever written outside of it.</summary>
/// <remarks>
/// Every name is checked against the names before it, so no write goes through a link; files are created exclusively,
/// which does not follow a link either.
/// </remarks>
internal sealed class ArchiveFolder(string root, ArchiveBudget budget)
{
    /// <summary>
    /// Nobody but the owner writes: others could put links in the way of whoever deletes the folder, or change a
    /// program.
    /// </summary>
    private const UnixFileMode Permissions = (UnixFileMode)0b111_101_101;

    private const UnixFileMode OwnerReads = UnixFileMode.UserRead;
    private const UnixFileMode OwnerEnters = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int CopySize = 128 * 1024;

    private readonly ArchiveTree _tree = new();

    /// <summary>Null: the archive has no entry for it, or only later.</summary>
    private readonly Dictionary<string, UnixFileMode?> _folderModes = new() { [""] = null };

    public void AddFolder(string entry, UnixFileMode mode)
    {
        budget.ChargeEntry();
        var name = ArchiveTree.Normalize(entry);
        _ = _tree.AddFolder(name);
        CreateParentOf(name);
        Directory.CreateDirectory(PathOf(name));
        _folderModes[name] = (mode & Permissions) | OwnerEnters;
    }

    public async Task AddFileAsync(
        string entry, UnixFileMode mode, Stream? content, CancellationToken cancellationToken)
    {
        budget.ChargeEntry();
        var name = ArchiveTree.Normalize(entry);
        _tree.AddFile(name);
        CreateParentOf(name);

        await using var file = new FileStream(PathOf(name), NewFile());
        if (content is not null)
        {
            await CopyAsync(name, content, file, cancellationToken);
        }

        File.SetUnixFileMode(file.SafeFileHandle, (mode & Permissions) | OwnerReads);
    }

    public void AddSymbolicLink(string entry, string target)
    {
        budget.ChargeEntry();
        var name = ArchiveTree.Normalize(entry);
        _tree.AddLink(name, target);
        CreateParentOf(name);
        File.CreateSymbolicLink(PathOf(name), target);
    }

    public void AddHardLink(string entry, string target)
    {
        budget.ChargeEntry();
        var name = ArchiveTree.Normalize(entry);
        var source = ArchiveTree.Normalize(target);
        if (!_tree.IsFile(source))
        {
            throw new ArchiveException(
                $"The archive's hard link '{name}' does not lead to a file before it: '{target}'.");
        }

        _tree.AddFile(name);
        CreateParentOf(name);
        Libc.Link(PathOf(source), PathOf(name));
    }

    /// <summary>Checks what can only be known at the end, and gives the folders their permissions.</summary>
    public void Complete()
    {
        _tree.CheckLinks();
        foreach (var (name, mode) in _folderModes)
        {
            File.SetUnixFileMode(PathOf(name), mode ?? (File.GetUnixFileMode(PathOf(name)) & Permissions));
        }
    }

    private static FileStreamOptions NewFile() => new()
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        BufferSize = 0,
    };

    private async Task CopyAsync(string name, Stream content, FileStream file, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(CopySize);
        try
        {
            int count;
            while ((count = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                budget.Charge(name, count);
                await file.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void CreateParentOf(string name)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        for (var end = name.LastIndexOf('/'); end > 0 && _folderModes.TryAdd(name[..end], value: null);)
        {
            end = name.LastIndexOf('/', end - 1);
        }
    }

    private string PathOf(string name) => Path.Combine(root, name);
}
