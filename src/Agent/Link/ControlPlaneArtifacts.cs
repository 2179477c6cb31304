using System.Net;
using System.Net.Http.Headers;
using Grpc.Core;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Modules;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Link;

/// <summary>Fetches artifacts from the control plane, as the agent that the link has enrolled.</summary>
[Module("artifact.control_plane")]
internal sealed class ControlPlaneArtifacts : IArtifactSource, IProvision
{
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(30);
    private IdentityStore? _identities;
    private TimeProvider? _timeProvider;

    public ControlPlaneArtifacts()
    {
    }

    public ControlPlaneArtifacts(IdentityStore identities, TimeProvider timeProvider)
    {
        _identities = identities;
        _timeProvider = timeProvider;
    }

    public Task ProvisionAsync(ModuleContext context, CancellationToken cancellationToken)
    {
        _identities = context.Service<IdentityStore>();
        _timeProvider = context.Service<TimeProvider>();
        return Task.CompletedTask;
    }

    public async Task<Stream> OpenAsync(string path, Digest digest, long offset, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(HeadersTimeout, _timeProvider!);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        Peer? peer = null;
        try
        {
            peer = await _identities!.WhenKnownAsync(either.Token);
            return await RequestAsync(peer, path, offset, either.Token);
        }
        catch (HttpRequestException exception)
        {
            throw new ProblemException(Refusal.Of(exception, peer!.ControlPlane).Problem, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable(
                peer is null ? "The agent has not enrolled yet." : $"{peer.ControlPlane} did not answer in time.",
                exception);
        }
    }

    private async Task<Stream> RequestAsync(Peer peer, string path, long offset, CancellationToken cancellationToken)
    {
        var client = new HttpClient(ControlPlaneHandler.Mutual(peer.Identity)) { Timeout = Timeout.InfiniteTimeSpan };
        HttpResponseMessage? response = null;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, Address(peer, path))
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
            };
            request.Headers.Range = offset > 0 ? new RangeHeaderValue(offset, to: null) : null;
            response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            Check(response, path, offset);
            return new ArtifactStream(
                await response.Content.ReadAsStreamAsync(cancellationToken), response, client, _timeProvider!);
        }
        catch
        {
            response?.Dispose();
            client.Dispose();
            throw;
        }
    }

    // The identity must not be shown to anybody else, whatever the path looks like.
    private static Uri Address(Peer peer, string path)
    {
        var address = new Uri(peer.ControlPlane, path);
        return address.Scheme == peer.ControlPlane.Scheme && address.Authority == peer.ControlPlane.Authority
            ? address
            : throw new ProblemException(new(
                StatusCode.NotFound, "NO_ARTIFACT", $"'{path}' does not lie on {peer.ControlPlane}."));
    }

    private static void Check(HttpResponseMessage response, string path, long offset)
    {
        var code = (int)response.StatusCode;
        switch (response.StatusCode)
        {
            case HttpStatusCode.OK when offset == 0:
            case HttpStatusCode.PartialContent when response.Content.Headers.ContentRange?.From == offset:
                return;
            case HttpStatusCode.NotFound or HttpStatusCode.Gone:
                throw new ProblemException(new(
                    StatusCode.NotFound, "NO_ARTIFACT", $"The control plane has no {path} (HTTP {code})."));
            case HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden:
                throw new ProblemException(new(
                    StatusCode.PermissionDenied, "DENIED", $"The control plane refuses {path} (HTTP {code})."));
            default:
                throw Unavailable($"The control plane answered {path} from {offset} with HTTP {code}.", inner: null);
        }
    }

    private static ProblemException Unavailable(string message, Exception? inner) =>
        new(new(StatusCode.Unavailable, "UNREACHABLE", message), inner);
}
