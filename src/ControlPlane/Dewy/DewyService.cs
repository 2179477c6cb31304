using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.Contracts.Dewy;
using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Registry;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Dewy;

/// <summary>Dewy's own registry service: lets unchanged Dewy hosts take their releases from here.</summary>
/// <remarks>Dewy compares tag and file name, fetches the artifact itself, and knows only a few kinds of URL.</remarks>
internal sealed class DewyService(Database database, TimeProvider time)
    : Contracts.Dewy.RegistryService.RegistryServiceBase
{
    private const int LongestText = 1024;

    private static readonly string[] FetchableSchemes = ["ghr://", "s3://", "gs://", "img://"];

    public override async Task<CurrentResponse> Current(CurrentRequest request, ServerCallContext context)
    {
        var target = TargetOf(context);
        var release = await database.ReadAsync(
            (tables, token) => CurrentService.FindAsync(tables, target.Application, target.Environment, token),
            context.CancellationToken);
        var artifact = Choose(release, request);
        return FetchableSchemes.Any(scheme => artifact.UpstreamUrl.StartsWith(scheme, StringComparison.Ordinal))
            ? new CurrentResponse
            {
                Id = $"{release.Application}/{release.Version}",
                Tag = TagOf(release.Version),
                ArtifactUrl = artifact.UpstreamUrl,
                CreatedAt = release.CreatedAt.ToTimestamp(),
            }
            : throw new ProblemException(new Problem(
                StatusCode.FailedPrecondition,
                "NO_UPSTREAM_URL",
                $"The artifact {artifact.FileName} of {release.Application} {release.Version} has no upstream_url that "
                + $"Dewy can fetch: push the release with one of {string.Join(", ", FetchableSchemes)}."));
    }

    public override async Task<Empty> Report(ReportRequest request, ServerCallContext context)
    {
        var target = TargetOf(context);
        var now = time.GetUtcNow();
        var isFailure = !string.IsNullOrEmpty(request.Err);
        var row = new DeploymentRow
        {
            Id = Guid.CreateVersion7(now),
            Application = target.Application,
            Environment = target.Environment,
            AgentName = $"dewy:{context.GetHttpContext().Connection.RemoteIpAddress}",
            Version = Shortened(request.Tag.StartsWith('v') ? request.Tag[1..] : request.Tag),
            Reason = (int)(isFailure ? FailureReason.Internal : FailureReason.Unspecified),
            Detail = Shortened(isFailure ? request.Err : $"Reported by dewy {request.Command}."),
            CreatedAt = now,
        };
        row.Advance(isFailure ? DeploymentPhase.Failed : DeploymentPhase.Committed, now);
        await database.WriteAsync(
            async (tables, token) =>
            {
                // Whoever reaches this port may write here: only of releases that exist, and a bounded text.
                var isKnown = await tables.Releases.AnyAsync(
                    release => release.Application == row.Application && release.Version == row.Version,
                    token);
                if (isKnown)
                {
                    tables.Deployments.Add(row);
                }
            },
            context.CancellationToken);
        return new Empty();
    }

    private static DewyTarget TargetOf(ServerCallContext context) =>
        DewyTarget.Of(DewyListeners.Of(context.GetHttpContext()), context.Host);

    private static ArtifactRow Choose(ReleaseRow release, CurrentRequest request)
    {
        var platform = $"{request.Os}/{request.Arch}";
        if (!request.HasArifactName || request.ArifactName.Length == 0)
        {
            return CurrentService.Choose(release, platform);
        }

        return release.Artifacts.FirstOrDefault(artifact => artifact.FileName == request.ArifactName)
            ?? throw new ProblemException(new Problem(
                StatusCode.FailedPrecondition,
                "NO_ARTIFACT",
                $"{release.Application} {release.Version} has no artifact named '{request.ArifactName}'."));
    }

    private static string TagOf(string version) => $"v{version}";

    private static string Shortened(string text) => text.Length <= LongestText ? text : text[..LongestText];
}
