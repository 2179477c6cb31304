using Grpc.Core;
using Microsoft.Extensions.Logging;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Link;

/// <summary>Gets the agent its identity: from memory, from disk, or by enrolling.</summary>
internal sealed partial class IdentityKeeper(
    LinkSpec spec, IdentityStore store, EnrollmentClient client, LinkedDeployments deployments, LinkParts parts)
{
    private readonly ILogger _logger = parts.Logger;

    public string Folder => store.Folder;

    public async Task<Peer> GetAsync(CancellationToken cancellationToken) =>
        store.Current is { } peer && peer.ControlPlane == spec.ControlPlane
            ? peer
            : store.Publish(new(spec.ControlPlane, store.Load() ?? await EnrollAsync(cancellationToken)));

    private async Task<AgentIdentity> EnrollAsync(CancellationToken cancellationToken)
    {
        var token = ReadToken();
        using var key = store.EnrollingKey();
        Log.Enrolling(_logger, spec.ControlPlane, token);
        var file = await client.EnrollAsync(token, key, cancellationToken);

        // A new agent to the control plane, which counts its revisions from the beginning: before it is one here.
        await deployments.ForgetTokenAsync(cancellationToken);
        var identity = store.Save(file);
        Log.Enrolled(_logger, spec.ControlPlane, identity.AgentId, identity.NotAfter);
        return identity;
    }

    private EnrollmentToken ReadToken()
    {
        if (spec.TokenFile is null || !File.Exists(spec.TokenFile))
        {
            throw Unusable(
                "NO_TOKEN",
                $"Not enrolled yet, and there is no enrolment token in {spec.TokenFile ?? "token_file"}.");
        }

        return EnrollmentToken.TryParse(File.ReadAllText(spec.TokenFile), out var token)
            ? token
            : throw Unusable("TOKEN_INVALID", $"{spec.TokenFile} holds no enrolment token: one begins 'sle1.'.");
    }

    private static ProblemException Unusable(string reason, string message) =>
        new(new(StatusCode.Unauthenticated, reason, message));

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Enrolling with {ControlPlane}, token {Token}")]
        public static partial void Enrolling(ILogger logger, Uri controlPlane, EnrollmentToken token);

        [LoggerMessage(2, LogLevel.Information, "Enrolled with {ControlPlane} as {AgentId} until {NotAfter:u}")]
        public static partial void Enrolled(ILogger logger, Uri controlPlane, string agentId, DateTimeOffset notAfter);
    }
}
