using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;
using Slipway.Shared.Versioning;

namespace Slipway.ControlPlane.Releases;

/// <summary>Releases in their tables. A release that is there never changes.</summary>
internal sealed class ReleaseStore(Database database, AuditLog audit, TimeProvider time)
{
    /// <summary>What the outbox calls a release that has just been recorded.</summary>
    public const string PushedKind = "release.pushed";

    public static Task<ReleaseRow?> FindAsync(
        SlipwayContext context,
        string application,
        string version,
        CancellationToken cancellationToken) =>
        context.Releases.Include(row => row.Artifacts).SingleOrDefaultAsync(
            row => row.Application == application && row.Version == version,
            cancellationToken);

    /// <exception cref="ProblemException">RELEASE_NOT_FOUND.</exception>
    public static async Task<ReleaseRow> GetAsync(
        SlipwayContext context,
        string application,
        string version,
        CancellationToken cancellationToken) =>
        await FindAsync(context, application, version, cancellationToken)
        ?? throw new ProblemException(Problem.NotFound(
            "RELEASE_NOT_FOUND",
            $"The application '{application}' has no release '{version}'; look with 'deployctl release list'."));

    /// <summary>What a version policy chooses from.</summary>
    public static async Task<IReadOnlyList<VersionCandidate>> CandidatesAsync(
        SlipwayContext context,
        string application,
        CancellationToken cancellationToken)
    {
        var artifacts = await context.Artifacts
            .Where(row => row.Application == application)
            .Select(row => new { row.Version, row.Platform })
            .ToListAsync(cancellationToken);
        return
        [
            .. artifacts.GroupBy(row => row.Version).Select(release => new VersionCandidate(
                SemanticVersion.Parse(release.Key),
                [.. release.Select(row => new Platform(row.Platform))])),
        ];
    }

    /// <summary>The release that is there already, if it is this one.</summary>
    /// <exception cref="ProblemException">APPLICATION_NOT_FOUND; RELEASE_EXISTS: it has other content.</exception>
    public Task<ReleaseRow?> FindSameAsync(ReleaseSpec release, CancellationToken cancellationToken) =>
        database.ReadAsync((context, token) => FindSameAsync(context, release, token), cancellationToken);

    /// <summary>Records release, event and audit entry together; done again, it gives the first answer.</summary>
    public async Task<(ReleaseRow Row, bool IsNew)> AddAsync(
        ReleaseSpec release,
        Caller caller,
        CancellationToken cancellationToken)
    {
        try
        {
            return await database.WriteAsync(AddOnceAsync, cancellationToken);
        }
        catch (ProblemException exception) when (exception.Problem.Reason == "VERSION_MOVED")
        {
            // Somebody pushed the same version between our look and our commit: now it is there to compare with.
            return await database.WriteAsync(AddOnceAsync, cancellationToken);
        }

        async Task<(ReleaseRow Row, bool IsNew)> AddOnceAsync(SlipwayContext context, CancellationToken token)
        {
            if (await FindSameAsync(context, release, token) is { } there)
            {
                return (there, false);
            }

            var row = RowOf(release, caller);
            context.Releases.Add(row);
            context.Outbox.Add(EventOf(release));
            audit.Append(
                context, caller, "release.push", $"release/{release.Application}/{release.Version}", DetailOf(release));
            return (row, true);
        }
    }

    private static async Task<ReleaseRow?> FindSameAsync(
        SlipwayContext context,
        ReleaseSpec release,
        CancellationToken cancellationToken)
    {
        await ApplicationStore.GetAsync(context, release.Application, cancellationToken);
        var row = await FindAsync(context, release.Application, release.Version, cancellationToken);
        return row is null || IsSame(row, release) ? row : throw new ProblemException(new Problem(
            StatusCode.AlreadyExists,
            "RELEASE_EXISTS",
            $"{release.Application} {release.Version} is there with other artifacts, and a release never changes; push "
            + "under a new version."));
    }

    private static bool IsSame(ReleaseRow row, ReleaseSpec release) => row.Artifacts
        .Select(artifact => new ArtifactSpec(
            artifact.Platform, artifact.Digest, artifact.SizeBytes, artifact.FileName, artifact.UpstreamUrl))
        .ToHashSet()
        .SetEquals(release.Artifacts);

    private static string DetailOf(ReleaseSpec release) =>
        string.Join(", ", release.Artifacts.Select(artifact => $"{artifact.Platform}={artifact.Digest}"));

    private ReleaseRow RowOf(ReleaseSpec release, Caller caller) => new()
    {
        Application = release.Application,
        Version = release.Version,
        VersionKey = SemanticVersion.Parse(release.Version).SortKey,
        Notes = release.Notes,
        CreatedBy = caller.Name,
        CreatedAt = time.GetUtcNow(),
        Artifacts =
        [
            .. release.Artifacts.Select(artifact => new ArtifactRow
            {
                Application = release.Application,
                Version = release.Version,
                Platform = artifact.Platform,
                Digest = artifact.Digest,
                SizeBytes = artifact.SizeBytes,
                FileName = artifact.FileName,
                UpstreamUrl = artifact.UpstreamUrl,
            }),
        ],
    };

    private OutboxRow EventOf(ReleaseSpec release) => new()
    {
        At = time.GetUtcNow(),
        Topic = $"application/{release.Application}",
        Kind = PushedKind,
        PayloadJson = SpecJson.Write(new { release.Application, release.Version }),
    };
}
