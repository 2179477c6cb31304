using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Releases;

/// <summary>Sends what the store does not have yet, and goes on where a broken connection left off.</summary>
internal sealed class PushClient(ControlPlaneClient client, ITransferProgress progress, TimeProvider time)
{
    private const int ChunkSize = 1 << 20;
    private const int Attempts = 6;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);

    public async Task<V1.PushResponse> PushAsync(
        V1.PushHeader header,
        IReadOnlyList<LocalArtifact> files,
        CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await PushOnceAsync(header, files, cancellationToken);
            }
            catch (RpcException e) when (attempt < Attempts && IsWorthAnotherTry(e))
            {
                await Task.Delay(FirstPause * Math.Pow(2, attempt - 1), time, cancellationToken);
            }
        }
    }

    // The store knows how far it got; the next attempt asks.
    private static bool IsWorthAnotherTry(RpcException exception) =>
        exception.StatusCode == StatusCode.Unavailable || Problem.From(exception).Reason == "OFFSET_MISMATCH";

    private async Task<V1.PushResponse> PushOnceAsync(
        V1.PushHeader header,
        IReadOnlyList<LocalArtifact> files,
        CancellationToken cancellationToken)
    {
        var offsets = new List<long>();
        foreach (var artifact in header.Artifacts)
        {
            var request = new V1.LocateRequest { Digest = artifact.Digest, SizeBytes = artifact.SizeBytes };
            var located = await client.Releases.LocateAsync(request, client.Unary(cancellationToken));
            offsets.Add(located.Complete ? artifact.SizeBytes : located.Offset);
        }

        using var call = client.Releases.Push(ControlPlaneClient.Stream(cancellationToken));
        try
        {
            await call.RequestStream.WriteAsync(new V1.PushRequest { Header = header }, cancellationToken);
            var sent = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (index, artifact) in header.Artifacts.Index())
            {
                if (offsets[index] < artifact.SizeBytes && sent.Add(artifact.Digest))
                {
                    await SendAsync(call.RequestStream, artifact, files[index], offsets[index], cancellationToken);
                }
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is InvalidOperationException or RpcException)
        {
            // The server has answered before the end of the stream: the answer says why.
        }

        return await call.ResponseAsync;
    }

    // While one chunk is on its way the next is read: two buffers take turns.
    private async Task SendAsync(
        IClientStreamWriter<V1.PushRequest> stream,
        V1.Artifact artifact,
        LocalArtifact source,
        long offset,
        CancellationToken cancellationToken)
    {
        var title = string.Create(CultureInfo.InvariantCulture, $"sending {artifact.Platform} from byte {offset}");
        var advance = progress.Begin(offset == 0 ? $"sending {artifact.Platform}" : title, artifact.SizeBytes, offset);
        await using var file = source.Open();
        file.Seek(offset, SeekOrigin.Begin);
        var (reading, sending) = (new byte[ChunkSize], new byte[ChunkSize]);
        var write = Task.CompletedTask;
        int read;
        while ((read = await file.ReadAtLeastAsync(
            reading, ChunkSize, throwOnEndOfStream: false, cancellationToken)) > 0)
        {
            await write;
            (reading, sending) = (sending, reading);
            var chunk = new V1.PushChunk
            {
                Digest = artifact.Digest,
                Offset = offset,
                Data = UnsafeByteOperations.UnsafeWrap(sending.AsMemory(0, read)),
            };
            write = stream.WriteAsync(new V1.PushRequest { Chunk = chunk }, cancellationToken);
            offset += read;
            advance(read);
        }

        await write;
    }
}
