using Grpc.Core;
using Slipway.Agent.Link;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;

namespace Tests.Integration.Agent.Link;

public sealed class ControlPlaneArtifactsTests : IAsyncLifetime
{
    private readonly LinkFixture _agent = new();
    private readonly byte[] _blob = [.. Enumerable.Range(0, 200_000).Select(i => (byte)(i * 31))];
    private StandInControlPlane _server = null!;
    private ControlPlaneArtifacts _source = null!;

    private Digest Digest => Digest.FromHash(System.Security.Cryptography.SHA256.HashData(_blob));

    private string BlobPath => $"/v1/blobs/{Digest}";

    public async ValueTask InitializeAsync()
    {
        _server = await StandInControlPlane.StartAsync();
        _server.Blobs[Digest.ToString()] = _blob;
        _source = new ControlPlaneArtifacts(_agent.Store, TimeProvider.System);
        _agent.Start(_server, _server.Token);
        await _server.NextSessionAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(123_456)]
    public async Task It_reads_from_where_the_caller_is(int offset)
    {
        await using var stream = await OpenAsync(BlobPath, offset);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all, TestContext.Current.CancellationToken);

        Assert.Equal(_blob[offset..], all.ToArray());
    }

    [Fact]
    public Task What_is_not_there_is_NOT_FOUND() => RefusedAsync("/v1/blobs/sha256:0", 0, StatusCode.NotFound);

    [Fact]
    public Task Another_host_is_never_asked() => RefusedAsync("//127.0.0.1:9/v1/blobs", 0, StatusCode.NotFound);

    [Fact]
    public Task An_offset_beyond_the_end_may_be_tried_again() =>
        RefusedAsync(BlobPath, 300_000, StatusCode.Unavailable);

    [Fact]
    public async Task A_server_that_is_gone_may_be_tried_again()
    {
        await _server.DisposeAsync();

        await RefusedAsync(BlobPath, 0, StatusCode.Unavailable);
    }

    private Task<Stream> OpenAsync(string path, long offset) =>
        _source.OpenAsync(path, Digest, offset, TestContext.Current.CancellationToken);

    private async Task RefusedAsync(string path, long offset, StatusCode code)
    {
        var exception = await Assert.ThrowsAsync<ProblemException>(() => OpenAsync(path, offset));

        Assert.Equal(code, exception.Problem.Code);
    }
}
