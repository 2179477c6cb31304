using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Win32.SafeHandles;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;
using Slipway.Shared.Storage;

namespace Slipway.ControlPlane.Releases;

/// <summary>Writes one blob and hashes it on the way. Left before its end, it can be resumed.</summary>
internal sealed class BlobUpload : IDisposable
{
    private const int BufferSize = 1 << 20;
    private const int NoSpaceLeft = 28;
    private const int QuotaExceeded = 122;

    private readonly long _size;
    private readonly IDisposable _turn;
    private readonly BlobPart? _part;
    private readonly SafeFileHandle? _file;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private BlobUpload(Digest digest, long size, IDisposable turn)
    {
        Digest = digest;
        _size = size;
        _turn = turn;
    }

    private BlobUpload(BlobPart part, IDisposable turn)
        : this(part.Digest, part.Size, turn)
    {
        _part = part;
        _file = File.OpenHandle(part.Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
    }

    public Digest Digest { get; }

    /// <summary>How many bytes are there.</summary>
    public long Offset { get; private set; }

    /// <summary>An upload that has nothing left to do.</summary>
    public static BlobUpload Finished(Digest digest, long size, IDisposable turn) =>
        new(digest, size, turn) { Offset = size };

    /// <summary>Opens what is there and reads it once: the hash has to begin at the first byte.</summary>
    public static async Task<BlobUpload> ResumeAsync(
        BlobPart part,
        IDisposable turn,
        CancellationToken cancellationToken)
    {
        var upload = new BlobUpload(part, turn);
        try
        {
            await upload.HashWhatIsThereAsync(cancellationToken);
            return upload;
        }
        catch
        {
            upload.CloseFile();
            throw;
        }
    }

    /// <summary>Adds bytes; those that are there already are passed over.</summary>
    /// <exception cref="ProblemException">OFFSET_MISMATCH, SIZE_MISMATCH or DISK_FULL.</exception>
    public async Task AppendAsync(long offset, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (offset < 0 || offset > Offset)
        {
            throw new ProblemException(OffsetMismatch(offset));
        }

        if (offset > _size - data.Length)
        {
            RemovePart();
            throw new ProblemException(SizeMismatch($"more came than the {_size} bytes that were announced"));
        }

        var known = (int)Math.Min(Offset - offset, data.Length);
        if (known < data.Length)
        {
            await WriteAsync(data[known..], cancellationToken);
        }
    }

    /// <summary>Checks what came and puts it under its name; on return it survives a power cut.</summary>
    /// <exception cref="ProblemException">SIZE_MISMATCH: bytes are missing. DIGEST_MISMATCH.</exception>
    public void Complete()
    {
        if (_part is null)
        {
            return;
        }

        if (Offset < _size)
        {
            throw new ProblemException(SizeMismatch($"only {Offset} of the {_size} bytes that were announced came"));
        }

        var actual = Digest.FromHash(_hash.GetHashAndReset());
        if (actual != Digest)
        {
            RemovePart();
            throw new ProblemException(DigestMismatch(actual));
        }

        GuardDisk(() => RandomAccess.FlushToDisk(_file!));
        File.Move(_part.Path, _part.FinalPath, overwrite: true);
        AtomicFile.FlushFolderOf(_part.FinalPath);
    }

    public void Dispose()
    {
        CloseFile();
        _turn.Dispose();
    }

    private async Task HashWhatIsThereAsync(CancellationToken cancellationToken)
    {
        var length = RandomAccess.GetLength(_file!);
        if (length > _size)
        {
            RandomAccess.SetLength(_file!, 0);
            return;
        }

        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await RandomAccess.ReadAsync(_file!, buffer, Offset, cancellationToken)) > 0)
            {
                _hash.AppendData(buffer, 0, read);
                Offset += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        try
        {
            var written = RandomAccess.WriteAsync(_file!, data, Offset, cancellationToken);
            _hash.AppendData(data.Span);
            await written;
            Offset += data.Length;
        }
        catch (IOException exception) when (IsDiskFull(exception))
        {
            throw new ProblemException(BlobStore.DiskFull($"{Digest} stops at byte {Offset}"), exception);
        }
    }

    private static void GuardDisk(Action write)
    {
        try
        {
            write();
        }
        catch (IOException exception) when (IsDiskFull(exception))
        {
            throw new ProblemException(BlobStore.DiskFull("the last bytes could not be written"), exception);
        }
    }

    private static bool IsDiskFull(IOException exception) => exception.HResult is NoSpaceLeft or QuotaExceeded;

    private void RemovePart()
    {
        if (_part is not null)
        {
            File.Delete(_part.Path);
        }
    }

    private void CloseFile()
    {
        _file?.Dispose();
        _hash.Dispose();
    }

    private Problem OffsetMismatch(long offset) => new(
        StatusCode.FailedPrecondition,
        "OFFSET_MISMATCH",
        $"{Digest} continues at byte {Offset}, not at {offset}; ask Locate where to begin.")
    {
        Metadata = new Dictionary<string, string>
        {
            ["offset"] = Offset.ToString(CultureInfo.InvariantCulture),
            ["digest"] = Digest.ToString(),
        },
    };

    private Problem SizeMismatch(string what) => new(
        StatusCode.InvalidArgument,
        "SIZE_MISMATCH",
        $"{Digest}: {what}; push the file whose size and digest were announced.");

    private Problem DigestMismatch(Digest actual) => new(
        StatusCode.InvalidArgument,
        "DIGEST_MISMATCH",
        $"The bytes that came for {Digest} are those of {actual}; nothing was kept: push the right file.");
}
