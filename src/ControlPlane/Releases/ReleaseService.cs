using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Releases;

/// <summary>Takes releases in and tells of them.</summary>
internal sealed class ReleaseService(
    Database database,
    ReleaseStore releases,
    BlobStore blobs,
    ReleaseAnnouncer announcer,
    IOptions<ReleasesOptions> options) : V1.Releases.ReleasesBase
{
    private const string PushScope = "release.push";
    private const int MaxChunkBytes = 1 << 20;

    public override Task<V1.LocateResponse> Locate(V1.LocateRequest request, ServerCallContext context)
    {
        DemandToPushSomewhere(Caller.Of(context));
        var digest = Digest.TryParse(request.Digest, out var parsed)
            ? parsed
            : throw InvalidField("digest", "must be sha256: and 64 lower-case hexadecimal digits");

        var isComplete = blobs.SizeOf(digest) is not null;
        var stored = blobs.StoredBytes(digest);
        return Task.FromResult(new V1.LocateResponse
        {
            // A part that is longer than the artifact is of no use: the push begins anew.
            Offset = isComplete || stored <= request.SizeBytes ? stored : 0,
            Complete = isComplete,
        });
    }

    public override async Task<V1.PushResponse> Push(
        IAsyncStreamReader<V1.PushRequest> requestStream,
        ServerCallContext context)
    {
        var messages = new PatientReader<V1.PushRequest>(requestStream, options.Value.UploadIdleTimeout);
        var release = await ReadHeaderAsync(messages, context);
        var caller = Caller.Of(context);
        caller.Demand(PushScope, release.Application);
        var violations = new FieldViolations();
        ReleaseRules.Check(release, options.Value.MaxArtifactBytes, violations);
        violations.ThrowIfAny();

        // Said before the bytes travel; and bytes that were lost can be brought back by the same push.
        await releases.FindSameAsync(release, context.CancellationToken);
        await ReceiveAsync(messages, release, context.CancellationToken);

        var (row, isNew) = await releases.AddAsync(release, caller, context.CancellationToken);
        var rollouts = isNew ? await announcer.AnnounceAsync(release, caller, context.CancellationToken) : [];
        return new V1.PushResponse { Release = ToWire(row), Created = isNew, RolloutIds = { rollouts } };
    }

    public override async Task<V1.Release> Get(V1.GetReleaseRequest request, ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read, request.Application);
        return ToWire(await database.ReadAsync(
            (tables, token) => ReleaseStore.GetAsync(tables, request.Application, request.Version, token),
            context.CancellationToken));
    }

    public override async Task<V1.ListReleasesResponse> List(V1.ListReleasesRequest request, ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read, request.Application);
        var size = Paging.Size(request.PageSize);
        var position = Paging.Position(request.PageToken, parts: 2);
        var rows = await database.ReadAsync(
            (tables, token) => PageAsync(tables, request.Application, position, size + 1, token),
            context.CancellationToken);
        return new V1.ListReleasesResponse
        {
            Releases = { rows.Take(size).Select(ToWire) },
            NextPageToken = rows.Count > size ? Paging.Token(rows[size - 1].VersionKey, rows[size - 1].Version) : "",
        };
    }

    /// <summary>A release for the wire, also for other services.</summary>
    internal static V1.Release ToWire(ReleaseRow row) => new()
    {
        Application = row.Application,
        Version = row.Version,
        Artifacts = { row.Artifacts.OrderBy(artifact => artifact.Platform, StringComparer.Ordinal).Select(ToWire) },
        Notes = row.Notes,
        CreatedBy = row.CreatedBy,
        CreatedAt = row.CreatedAt.ToTimestamp(),
    };

    internal static V1.Artifact ToWire(ArtifactRow row) => new()
    {
        Platform = row.Platform,
        Digest = row.Digest,
        SizeBytes = row.SizeBytes,
        FileName = row.FileName,
        UpstreamUrl = row.UpstreamUrl,
    };

    private static async Task<List<ReleaseRow>> PageAsync(
        SlipwayContext tables,
        string application,
        string[]? position,
        int count,
        CancellationToken cancellationToken)
    {
        var rows = tables.Releases.Include(row => row.Artifacts).Where(row => row.Application == application);
        if (position is [var key, var version])
        {
            rows = rows.Where(row =>
                string.Compare(row.VersionKey, key) < 0
                || (row.VersionKey == key && string.Compare(row.Version, version) > 0));
        }

        return await rows
            .OrderByDescending(row => row.VersionKey)
            .ThenBy(row => row.Version)
            .Take(count)
            .ToListAsync(cancellationToken);
    }

    // Nothing of an application is said here, so that a token for any application will do.
    private static void DemandToPushSomewhere(Caller caller)
    {
        if (!caller.Scopes.Any(scope => scope.StartsWith($"{PushScope}:", StringComparison.Ordinal)))
        {
            caller.Demand(PushScope);
        }
    }

    private static async Task<ReleaseSpec> ReadHeaderAsync(
        PatientReader<V1.PushRequest> messages,
        ServerCallContext context)
    {
        var header = await messages.MoveNextAsync(context.CancellationToken) ? messages.Current.Header : null;
        return header is null
            ? throw InvalidField("header", "is missing; it must be the first message")
            : new ReleaseSpec
            {
                Application = header.Application,
                Version = header.Version,
                Notes = header.Notes,
                Artifacts =
                [
                    .. header.Artifacts.Select(artifact => new ArtifactSpec(
                        artifact.Platform,
                        artifact.Digest,
                        artifact.SizeBytes,
                        artifact.FileName,
                        artifact.UpstreamUrl)),
                ],
            };
    }

    private static ProblemException InvalidField(string field, string message) =>
        new(Problem.InvalidField(field, message));

    private async Task ReceiveAsync(
        PatientReader<V1.PushRequest> messages,
        ReleaseSpec release,
        CancellationToken cancellationToken)
    {
        using var upload = new ReleaseUpload(blobs, release);
        while (await messages.MoveNextAsync(cancellationToken))
        {
            var chunk = messages.Current.Chunk
                ?? throw InvalidField("header", "must be sent once, as the first message");
            if (chunk.Data.Length > MaxChunkBytes)
            {
                throw InvalidField("chunk.data", $"must be at most {MaxChunkBytes} bytes");
            }

            await upload.AppendAsync(chunk.Digest, chunk.Offset, chunk.Data.Memory, cancellationToken);
        }

        await upload.FinishAsync(cancellationToken);
    }
}
