using System.Globalization;
using Grpc.Core;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Releases;

/// <summary>Takes in the chunks of one release's artifacts, one artifact after the other.</summary>
/// <remarks>
/// While somebody else uploads the same artifact, its chunks are passed over, not left waiting: what nobody reads would
/// fill the connection's window and hold up the very upload that is waited for, when both share the connection.
/// </remarks>
internal sealed class ReleaseUpload(BlobStore blobs, ReleaseSpec release) : IDisposable
{
    private readonly Dictionary<string, long> _sizes =
        release.Artifacts.DistinctBy(artifact => artifact.Digest).ToDictionary(
            artifact => artifact.Digest,
            artifact => artifact.SizeBytes);

    private readonly HashSet<string> _passedOver = [];

    private BlobUpload? _current;

    /// <exception cref="ProblemException">INVALID_FIELD, or what <see cref="BlobUpload"/> says.</exception>
    public async Task AppendAsync(
        string digest,
        long offset,
        ReadOnlyMemory<byte> data,
        CancellationToken cancellationToken)
    {
        if (_current?.Digest.ToString() != digest)
        {
            FinishCurrent();
            _current = _sizes.TryGetValue(digest, out var size)
                ? await blobs.TryOpenAsync(Digest.Parse(digest), size, cancellationToken)
                : throw new ProblemException(Problem.InvalidField(
                    "chunk.digest", $"'{digest}' is none of the header's artifacts; announce it there"));
        }

        if (_current is not null)
        {
            await _current.AppendAsync(offset, data, cancellationToken);
        }
        else
        {
            _passedOver.Add(digest);
        }
    }

    /// <summary>Makes sure that all artifacts are there as a whole, whoever brought them.</summary>
    /// <exception cref="ProblemException">
    /// SIZE_MISMATCH: one is not whole; OFFSET_MISMATCH: nor is what somebody else began; DIGEST_MISMATCH.
    /// </exception>
    public async Task FinishAsync(CancellationToken cancellationToken)
    {
        FinishCurrent();
        foreach (var (digest, size) in _sizes)
        {
            if (!await blobs.SettleAsync(Digest.Parse(digest), size, cancellationToken))
            {
                throw new ProblemException(Missing(digest, size));
            }
        }
    }

    public void Dispose() => _current?.Dispose();

    private void FinishCurrent()
    {
        using var finished = _current;
        _current = null;
        finished?.Complete();
    }

    private Problem Missing(string digest, long size)
    {
        var stored = blobs.StoredBytes(Digest.Parse(digest));
        var problem = _passedOver.Contains(digest)
            ? new Problem(
                StatusCode.FailedPrecondition,
                "OFFSET_MISMATCH",
                $"{digest} continues at byte {stored}: another upload of it broke off; ask Locate and push the rest.")
            : new Problem(
                StatusCode.InvalidArgument,
                "SIZE_MISMATCH",
                $"{digest}: only {stored} of the {size} bytes that were announced came; push the rest.");
        return problem with
        {
            Metadata = new Dictionary<string, string>
            {
                ["offset"] = stored.ToString(CultureInfo.InvariantCulture),
                ["digest"] = digest,
            },
        };
    }
}
