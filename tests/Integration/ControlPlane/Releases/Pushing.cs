using System.Security.Cryptography;
using Google.Protobuf;
using Slipway.Contracts.V1;
using Slipway.Shared.Artifacts;

namespace Tests.Integration.ControlPlane.Releases;

/// <summary>What a client does to push a release.</summary>
internal static class Pushing
{
    public static Artifact ArtifactOf(byte[] content, string platform = "linux/amd64") => new()
    {
        Platform = platform,
        Digest = Digest.FromHash(SHA256.HashData(content)).ToString(),
        SizeBytes = content.Length,
        FileName = "shop.tar.gz",
    };

    public static PushHeader Header(string version, params Artifact[] artifacts) =>
        new() { Application = "shop", Version = version, Artifacts = { artifacts } };

    public static IEnumerable<PushChunk> Chunks(byte[] content, long from = 0, int size = 256 * 1024)
    {
        var digest = ArtifactOf(content).Digest;
        for (var at = (int)from; at < content.Length; at += size)
        {
            var data = content.AsMemory(at, Math.Min(size, content.Length - at));
            yield return new PushChunk
            {
                Digest = digest,
                Offset = at,
                Data = UnsafeByteOperations.UnsafeWrap(data),
            };
        }
    }

    public static async Task<PushResponse> PushAsync(
        this Slipway.Contracts.V1.Releases.ReleasesClient client,
        PushHeader header,
        IEnumerable<PushChunk> chunks,
        CancellationToken cancellationToken)
    {
        using var call = client.Push(cancellationToken: cancellationToken);
        try
        {
            await call.RequestStream.WriteAsync(new PushRequest { Header = header }, cancellationToken);
            foreach (var chunk in chunks)
            {
                await call.RequestStream.WriteAsync(new PushRequest { Chunk = chunk }, cancellationToken);
            }

            await call.RequestStream.CompleteAsync();
        }
        catch (Exception exception) when (exception is InvalidOperationException or Grpc.Core.RpcException)
        {
            // The answer came before the end; it is what counts.
        }

        return await call.ResponseAsync;
    }

    /// <summary>Creates the application that everything here belongs to.</summary>
    public static async Task CreateShopAsync(this ControlPlaneHost host, CancellationToken cancellationToken) =>
        await new Slipway.Contracts.V1.Applications.ApplicationsClient(host.Admin).ApplyAsync(
            new ApplyApplicationRequest
            {
                Application = new Application { Name = "shop", Server = new ServerSpec { Command = { "./shop" } } },
            },
            cancellationToken: cancellationToken);
}
