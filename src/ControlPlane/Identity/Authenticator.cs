using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Storage;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Identity;

/// <summary>Finds out who is behind a token or a certificate.</summary>
internal sealed class Authenticator(Database database, CertificateAuthority authority, TimeProvider time)
{
    private static readonly TimeSpan LastUsedPrecision = TimeSpan.FromMinutes(5);

    /// <exception cref="ProblemException">TOKEN_INVALID or TOKEN_EXPIRED.</exception>
    public async Task<Caller> OfTokenAsync(string text, string remoteAddress, CancellationToken cancellationToken)
    {
        var secret = Secret.Parse(Secret.ForPeople, text)
            ?? throw Refused("TOKEN_INVALID", "The token is not of the form slp1.<digest>.<id>.<secret>.");
        if (secret.AuthorityDigest != authority.Digest)
        {
            throw Refused("TOKEN_INVALID", "The token is of another control plane: log in to this one again.");
        }

        var token = await database.ReadAsync(
            (context, abort) => context.Tokens.SingleOrDefaultAsync(row => row.Id == secret.Id, abort),
            cancellationToken);
        if (token is null || !secret.Matches(token.SecretHash))
        {
            throw Refused("TOKEN_INVALID", "The token is unknown: ask an administrator for a new one.");
        }

        var now = time.GetUtcNow();
        if (token.RevokedAt is not null)
        {
            throw Refused("TOKEN_INVALID", $"The token '{token.Name}' was revoked: ask for a new one.");
        }

        if (token.ExpiresAt <= now)
        {
            throw Refused("TOKEN_EXPIRED", $"The token '{token.Name}' has expired: ask for a new one.");
        }

        if (token.LastUsedAt is null || now - token.LastUsedAt > LastUsedPrecision)
        {
            await database.WriteAsync(
                (context, abort) => context.Tokens.Where(row => row.Id == token.Id)
                    .ExecuteUpdateAsync(set => set.SetProperty(row => row.LastUsedAt, now), abort),
                cancellationToken);
        }

        var scopes = JsonSerializer.Deserialize<string[]>(token.ScopesJson) ?? [];
        return Caller.Token(token.Id, token.Name, scopes, remoteAddress);
    }

    /// <exception cref="ProblemException">CERTIFICATE_EXPIRED, CERTIFICATE_INVALID or AGENT_REMOVED.</exception>
    public async Task<Caller> OfCertificateAsync(
        X509Certificate2 certificate,
        string remoteAddress,
        CancellationToken cancellationToken)
    {
        var identity = AgentIdentity.Of(certificate)
            ?? throw Refused("CERTIFICATE_INVALID", "The certificate is not that of an agent.");
        var agent = await database.ReadAsync(
            (context, abort) => context.Agents.SingleOrDefaultAsync(row => row.Id == identity.Id, abort),
            cancellationToken)
            ?? throw Refused("AGENT_REMOVED", "This control plane does not know the agent: enrol the host again.");
        if (agent.RemovedAt is not null)
        {
            throw Refused(
                "AGENT_REMOVED",
                $"The agent '{agent.Name}' was removed: enrol the host again with a new token.");
        }

        var now = time.GetUtcNow().UtcDateTime;
        if (now > certificate.NotAfter.ToUniversalTime() || now < certificate.NotBefore.ToUniversalTime())
        {
            throw Refused(
                "CERTIFICATE_EXPIRED",
                $"The certificate of '{agent.Name}' was valid from {certificate.NotBefore.ToUniversalTime():u} to "
                + $"{certificate.NotAfter.ToUniversalTime():u}: check the host's clock, or enrol the host again with a "
                + "new token.");
        }

        return Caller.Agent(agent.Id, agent.Name, remoteAddress);
    }

    private static ProblemException Refused(string reason, string message) =>
        new(new Problem(StatusCode.Unauthenticated, reason, message));
}
