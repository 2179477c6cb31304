using System.Formats.Tar;
using System.IO.Compression;

namespace Slipway.Agent.Archives;

/// <summary>Unpacks .tar, .tar.gz, .tgz and .zip into an empty folder, and trusts nothing that they say.</summary>
internal sealed class ArchiveExtractor(ArchiveLimits limits)
{
    private const int ReadSize = 64 * 1024;
    private const int TarBlock = 512;
    private const int ZipModeShift = 16;
    private const int ZipTypeMask = 0xF000;
    private const int ZipFolder = 0x4000;
    private const int ZipFile = 0x8000;
    private const int ZipLink = 0xA000;
    private const int MaxLinkBytes = 4096;
    private const UnixFileMode DefaultFileMode = (UnixFileMode)0b110_100_100;
    private const UnixFileMode DefaultFolderMode = (UnixFileMode)0b111_101_101;

    /// <summary>Whether the name's suffix is one of an archive.</summary>
    public static bool Knows(string fileName) => IsTar(fileName) || IsCompressedTar(fileName) || IsZip(fileName);

    /// <param name="archive">The file to read.</param>
    /// <param name="fileName">The name that it was published under; its suffix tells the format.</param>
    /// <param name="folder">An existing, empty folder that nobody else writes to.</param>
    /// <param name="cancellationToken">Stops half-way; the folder is then to be thrown away.</param>
    /// <exception cref="ArchiveException">It is broken, too large or hostile; the folder is to be thrown
    /// away.</exception>
    public async Task ExtractAsync(string archive, string fileName, string folder, CancellationToken cancellationToken)
    {
        if (!Knows(fileName))
        {
            throw new ArchiveException($"'{fileName}' is not a .tar, .tar.gz, .tgz or .zip file.");
        }

        var budget = new ArchiveBudget(limits);
        var target = new ArchiveFolder(folder, budget);
        try
        {
            await using var file = new FileStream(
                archive, FileMode.Open, FileAccess.Read, FileShare.Read, ReadSize, FileOptions.SequentialScan);
            if (IsZip(fileName))
            {
                await UnzipAsync(file, target, budget, cancellationToken);
            }
            else
            {
                await UntarAsync(file, IsCompressedTar(fileName), target, budget, cancellationToken);
            }
        }
        catch (Exception e) when (IsBrokenArchive(e))
        {
            throw new ArchiveException($"'{fileName}' is truncated or not an archive: {e.Message}", e);
        }

        target.Complete();
    }

    private static bool IsTar(string name) => name.EndsWith(".tar", StringComparison.OrdinalIgnoreCase);

    private static bool IsCompressedTar(string name) =>
        name.EndsWith(".tar.gz", StringComparison.OrdinalIgnoreCase)
        || name.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase);

    private static bool IsZip(string name) => name.EndsWith(".zip", StringComparison.OrdinalIgnoreCase);

    // What the framework's readers throw on bytes that make no sense.
    private static bool IsBrokenArchive(Exception e) =>
        e is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or OverflowException
            or NotSupportedException or PathTooLongException;

    private static async Task UntarAsync(
        FileStream file,
        bool isCompressed,
        ArchiveFolder target,
        ArchiveBudget budget,
        CancellationToken cancellationToken)
    {
        await using var counted = new CountingStream(file, count => budget.Consumed += count);
        await using var plain = isCompressed ? new GZipStream(counted, CompressionMode.Decompress) : (Stream)counted;
        await using var blocks = new CountingStream(plain);
        await using var reader = new TarReader(blocks);
        var any = false;
        while (await reader.GetNextEntryAsync(copyData: false, cancellationToken) is { } entry)
        {
            any = true;
            await AddAsync(entry, target, cancellationToken);
        }

        // A tar ends with blocks of zeros; one that was cut off between two entries lacks them.
        if (!any || blocks.TrailingZeros < TarBlock)
        {
            throw new ArchiveException("The archive is truncated or empty: its end marker is missing.");
        }

        await DrainAsync(blocks, budget, cancellationToken);
    }

    // The checksum of a .gz stands at its end.
    private static async Task DrainAsync(
        CountingStream stream, ArchiveBudget budget, CancellationToken cancellationToken)
    {
        var buffer = new byte[ReadSize];
        int count;
        while ((count = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            budget.Charge("(after the end)", count);
        }
    }

    private static async Task AddAsync(TarEntry entry, ArchiveFolder target, CancellationToken cancellationToken)
    {
        switch (entry.EntryType)
        {
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                await target.AddFileAsync(entry.Name, entry.Mode, entry.DataStream, cancellationToken);
                break;
            case TarEntryType.Directory:
                target.AddFolder(entry.Name, entry.Mode);
                break;
            case TarEntryType.SymbolicLink:
                target.AddSymbolicLink(entry.Name, entry.LinkName);
                break;
            case TarEntryType.HardLink:
                target.AddHardLink(entry.Name, entry.LinkName);
                break;
            case TarEntryType.GlobalExtendedAttributes:
                break;
            default:
                throw new ArchiveException($"The archive's entry '{entry.Name}' is a {entry.EntryType}.");
        }
    }

    private static async Task UnzipAsync(
        FileStream file, ArchiveFolder target, ArchiveBudget budget, CancellationToken cancellationToken)
    {
        await using var zip = await ZipArchive.CreateAsync(
            file, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        if (zip.Entries.Count == 0)
        {
            throw new ArchiveException("The archive is empty.");
        }

        foreach (var entry in zip.Entries)
        {
            // Entries may overlap, so that all of them together may claim more than there is.
            budget.Consumed = Math.Min(file.Length, budget.Consumed + entry.CompressedLength);
            await AddAsync(entry, target, cancellationToken);
        }
    }

    private static async Task AddAsync(ZipArchiveEntry entry, ArchiveFolder target, CancellationToken cancellationToken)
    {
        var name = entry.FullName;
        if (name.Contains('\\', StringComparison.Ordinal))
        {
            throw new ArchiveException($"The archive's entry '{name}' has a backslash in its name; use slashes.");
        }

        var attributes = (entry.ExternalAttributes >> ZipModeShift) & 0xFFFF;
        var mode = (UnixFileMode)(attributes & 0x1FF);
        var isFolder = name.EndsWith('/');
        switch (attributes & ZipTypeMask)
        {
            case 0 or ZipFile or ZipFolder when isFolder:
                target.AddFolder(name, mode == UnixFileMode.None ? DefaultFolderMode : mode);
                break;
            case 0 or ZipFile when !isFolder:
                await using (var content = await entry.OpenAsync(cancellationToken))
                {
                    await target.AddFileAsync(
                        name, mode == UnixFileMode.None ? DefaultFileMode : mode, content, cancellationToken);
                }

                break;
            case ZipLink when !isFolder:
                target.AddSymbolicLink(name, await ReadLinkAsync(entry, cancellationToken));
                break;
            default:
                throw new ArchiveException($"The archive's entry '{name}' is neither a file, a folder nor a link.");
        }
    }

    private static async Task<string> ReadLinkAsync(ZipArchiveEntry entry, CancellationToken cancellationToken)
    {
        await using var content = await entry.OpenAsync(cancellationToken);
        var buffer = new byte[MaxLinkBytes + 1];
        var count = await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return count > MaxLinkBytes
            ? throw new ArchiveException($"The archive's link '{entry.FullName}' is too long.")
            : System.Text.Encoding.UTF8.GetString(buffer, 0, count);
    }
}
