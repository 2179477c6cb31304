using Grpc.Core;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;

namespace Tests.Integration.Agent.Deployments;

/// <summary>Artifacts in memory, with the faults that a network has.</summary>
internal sealed class TestSource : IArtifactSource
{
    private readonly Dictionary<Digest, byte[]> _artifacts = [];

    /// <summary>After so many bytes each answer breaks off; 0: never.</summary>
    public int BreakAfter { get; set; }

    public List<long> Offsets { get; } = [];

    public void Add(Digest digest, byte[] content) => _artifacts[digest] = content;

    public Task<Stream> OpenAsync(string path, Digest digest, long offset, CancellationToken cancellationToken)
    {
        Offsets.Add(offset);
        if (!_artifacts.TryGetValue(digest, out var content))
        {
            throw new ProblemException(new(StatusCode.NotFound, "BLOB_NOT_FOUND", $"There is no {digest}."));
        }

        var rest = content.AsSpan((int)offset).ToArray();
        return Task.FromResult<Stream>(new MemoryStream(
            BreakAfter > 0 && rest.Length > BreakAfter ? rest[..BreakAfter] : rest));
    }
}
