using Grpc.Core;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;
using Slipway.Shared.Storage;

namespace Slipway.ControlPlane.Releases;

/// <summary>Artifacts as files, named by digest: what is under its name is whole and was checked.</summary>
/// <param name="directory">Whole blobs lie in <c>sha256/ab/</c> below it, unfinished ones in <c>uploads/</c>.</param>
/// <param name="minFreeBytes">How much an upload has to leave free.</param>
/// <param name="time">Tells when a blob was wanted last.</param>
internal sealed class BlobStore(string directory, long minFreeBytes, TimeProvider time)
{
    private const string PartSuffix = ".part";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly string _uploads = Path.Combine(directory, "uploads");
    private readonly string _blobs = Path.Combine(directory, "sha256");
    private readonly BlobLocks _locks = new();

    public string PathOf(Digest digest) => Path.Combine(_blobs, digest.Hex[..2], digest.Hex);

    /// <summary>The size of a blob that is there as a whole; null when it is not.</summary>
    public long? SizeOf(Digest digest) => new FileInfo(PathOf(digest)) is { Exists: true } file ? file.Length : null;

    /// <summary>How many bytes an upload need not send again.</summary>
    public long StoredBytes(Digest digest) =>
        SizeOf(digest) ?? (new FileInfo(PartOf(digest)) is { Exists: true } part ? part.Length : 0);

    /// <summary>Goes on with a blob's upload; null while somebody else is at it.</summary>
    /// <exception cref="ProblemException">SIZE_MISMATCH: the store has it with another size. DISK_FULL.</exception>
    public async Task<BlobUpload?> TryOpenAsync(Digest digest, long size, CancellationToken cancellationToken) =>
        _locks.TryEnter(digest) is { } turn ? await OpenAsync(turn, digest, size, cancellationToken) : null;

    /// <summary>Waits until nobody is at a blob; if it is there as a whole then, it is kept from being swept.</summary>
    /// <exception cref="ProblemException">SIZE_MISMATCH: the store has it with another size.</exception>
    public async Task<bool> SettleAsync(Digest digest, long size, CancellationToken cancellationToken)
    {
        using var turn = await _locks.EnterAsync(digest, cancellationToken);
        return IsWhole(digest, size);
    }

    /// <summary>Unfinished uploads and whole blobs that nobody wrote or wanted since then.</summary>
    public IReadOnlyList<Digest> UntouchedSince(DateTimeOffset then) => [.. new[] { _uploads, _blobs }
        .Where(Directory.Exists)
        .SelectMany(folder => new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories))
        .Where(file => file.LastWriteTimeUtc < then.UtcDateTime)
        .Select(DigestOf)
        .OfType<Digest>()
        .Distinct()];

    /// <summary>Removes what is there of a blob, unless somebody is uploading it or has wanted it since then.</summary>
    public bool Remove(Digest digest, DateTimeOffset untouchedSince)
    {
        using var turn = _locks.TryEnter(digest);
        FileInfo[] files = [.. new FileInfo[] { new(PartOf(digest)), new(PathOf(digest)) }.Where(file => file.Exists)];
        if (turn is null || Array.Exists(files, file => file.LastWriteTimeUtc >= untouchedSince.UtcDateTime))
        {
            return false;
        }

        Array.ForEach(files, file => file.Delete());
        return files.Length > 0;
    }

    private static Digest? DigestOf(FileInfo file) =>
        Digest.TryParse(Digest.Prefix + Path.GetFileNameWithoutExtension(file.Name), out var digest) ? digest : null;

    private static ProblemException WrongSize(Digest digest, long stored, long size) => new(new Problem(
        StatusCode.InvalidArgument,
        "SIZE_MISMATCH",
        $"{digest} has {stored} bytes, not {size}; correct the artifact's size_bytes."));

    private async Task<BlobUpload> OpenAsync(
        IDisposable turn,
        Digest digest,
        long size,
        CancellationToken cancellationToken)
    {
        try
        {
            if (IsWhole(digest, size))
            {
                return BlobUpload.Finished(digest, size, turn);
            }

            var part = new BlobPart(PartOf(digest), PathOf(digest), digest, size);
            DemandSpace(size - StoredBytes(digest));
            CreateFolders(digest);
            return await BlobUpload.ResumeAsync(part, turn, cancellationToken);
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    private bool IsWhole(Digest digest, long size)
    {
        if (SizeOf(digest) is not { } stored)
        {
            return false;
        }

        File.SetLastWriteTimeUtc(PathOf(digest), time.GetUtcNow().UtcDateTime);
        return stored == size ? true : throw WrongSize(digest, stored, size);
    }

    private string PartOf(Digest digest) => Path.Combine(_uploads, digest.Hex + PartSuffix);

    private void DemandSpace(long bytes)
    {
        Directory.CreateDirectory(directory, Private);
        var free = new DriveInfo(directory).AvailableFreeSpace;
        if (free - bytes < minFreeBytes)
        {
            throw new ProblemException(DiskFull(
                $"{bytes} bytes are to come, {free} are free, and {minFreeBytes} have to stay free"));
        }
    }

    /// <summary>The refusal when the store's disk has no room.</summary>
    internal static Problem DiskFull(string detail) => new(
        StatusCode.ResourceExhausted,
        "DISK_FULL",
        $"The control plane's disk is full: {detail}. Make room in its data directory, then push again: it resumes.");

    private void CreateFolders(Digest digest)
    {
        Directory.CreateDirectory(_uploads, Private);
        var folder = Path.GetDirectoryName(PathOf(digest))!;
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder, Private);
            AtomicFile.FlushFolder(_blobs);
            AtomicFile.FlushFolder(directory);
        }
    }
}
