using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Environments;
using Slipway.ControlPlane.Releases;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Registry;

/// <summary>Finds the release that an environment takes now.</summary>
internal sealed class CurrentService(Database database)
{
    public async Task<V1.CurrentRelease> GetAsync(V1.CurrentRequest request, CancellationToken cancellationToken)
    {
        var release = await database.ReadAsync(
            (context, token) => FindAsync(context, request.Application, request.Environment, token),
            cancellationToken);
        var answer = new V1.CurrentRelease { Release = ReleaseService.ToWire(release) };
        if (request.Platform.Length > 0)
        {
            answer.Artifact = ReleaseService.ToWire(Choose(release, request.Platform));
            answer.ArtifactPath = DesiredService.PathOf(answer.Artifact.Digest);
        }

        return answer;
    }

    /// <exception cref="ProblemException">ENVIRONMENT_NOT_FOUND or NO_RELEASE.</exception>
    public static async Task<ReleaseRow> FindAsync(
        SlipwayContext context,
        string application,
        string name,
        CancellationToken cancellationToken)
    {
        var environment = await EnvironmentStore.GetAsync(context, application, name, cancellationToken);
        var version = environment.CurrentVersion;
        return string.IsNullOrEmpty(version)
            ? throw new ProblemException(new Problem(
                StatusCode.FailedPrecondition,
                "NO_RELEASE",
                $"{application}/{name} has no release yet: roll one out first."))
            : await context.Releases.Include(row => row.Artifacts).SingleAsync(
                row => row.Application == application && row.Version == version,
                cancellationToken);
    }

    /// <exception cref="ProblemException">NO_ARTIFACT.</exception>
    public static ArtifactRow Choose(ReleaseRow release, string platform) => release.Artifacts
        .Where(artifact => new Platform(artifact.Platform).RunsOn(new Platform(platform)))
        .OrderBy(artifact => artifact.Platform == Platform.Any.Value)
        .FirstOrDefault()
        ?? throw new ProblemException(new Problem(
            StatusCode.FailedPrecondition,
            "NO_ARTIFACT",
            $"{release.Application} {release.Version} has no artifact for {platform}: push a release that has one."));
}
