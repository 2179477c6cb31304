using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Link;

/// <summary>An artifact on its way: silence becomes a typed problem, and disposing ends the request.</summary>
internal sealed class ArtifactStream(
    Stream inner, HttpResponseMessage response, HttpClient client, TimeProvider timeProvider) : Stream
{
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(30);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var stalled = new CancellationTokenSource(Stall, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stalled.Token, cancellationToken);
        try
        {
            return await inner.ReadAsync(buffer, either.Token);
        }
        catch (Exception exception) when (
            !cancellationToken.IsCancellationRequested
            && exception is IOException or HttpRequestException or OperationCanceledException)
        {
            var why = stalled.IsCancellationRequested ? $"nothing came for {Stall.TotalSeconds} s" : exception.Message;
            throw new ProblemException(
                new(StatusCode.Unavailable, "INTERRUPTED", $"The transfer broke off: {why}."), exception);
        }
    }

    public override Task<int> ReadAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
        // Nothing is written.
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            response.Dispose();
            client.Dispose();
        }

        base.Dispose(disposing);
    }
}
