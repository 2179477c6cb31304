using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Slipway.ControlPlane.Hosting;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Releases;

internal static class ReleasesSlice
{
    // Kestrel's 768 KiB for a stream hold a push to 38 MB/s at a round trip of 20 ms.
    private const int StreamWindowBytes = 4 << 20;
    private const int ConnectionWindowBytes = 8 << 20;

    public static IServiceCollection AddReleases(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<ReleasesOptions, ReleasesOptionsValidator>()
            .BindConfiguration(ReleasesOptions.Section);
        services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
            kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        });
        services.AddSingleton(provider => new BlobStore(
            Path.Combine(provider.DataDirectory(), "blobs"),
            provider.GetRequiredService<IOptions<ReleasesOptions>>().Value.MinFreeBytes,
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ReleaseStore>();
        services.AddSingleton<ReleaseAnnouncer>();
        services.AddSingleton<BlobSweepLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<BlobSweepLoop>());
        return services;
    }

    public static void MapReleases(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<ReleaseService>();
        endpoints.MapMethods("/v1/blobs/{digest}", [HttpMethods.Get, HttpMethods.Head], GetBlob);
    }

    // Whoever is known may fetch: a digest is not guessed, and every agent needs the artifacts of its applications.
    private static IResult GetBlob(string digest, BlobStore blobs, HttpContext context)
    {
        if (!Digest.TryParse(digest, out var parsed))
        {
            return ProblemResponse.From(Problem.InvalidField(
                "digest", "must be sha256: and 64 lower-case hexadecimal digits"));
        }

        if (blobs.SizeOf(parsed) is null)
        {
            return ProblemResponse.From(Problem.NotFound(
                "BLOB_NOT_FOUND", $"There is no artifact {parsed}; push a release that has it."));
        }

        context.Response.Headers.CacheControl = "private, max-age=31536000, immutable";
        return Results.File(
            blobs.PathOf(parsed),
            "application/octet-stream",
            entityTag: new EntityTagHeaderValue($"\"{parsed}\""),
            enableRangeProcessing: true);
    }
}
