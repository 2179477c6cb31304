using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Tokens;

/// <summary>Makes and revokes the tokens of people and CI.</summary>
internal sealed partial class TokenService(
    Database database,
    AuditLog audit,
    CertificateAuthority authority,
    TimeProvider time) : V1.Tokens.TokensBase
{
    public override async Task<V1.CreateTokenResponse> Create(V1.CreateTokenRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        caller.Demand(Caller.Admin);
        Validate(request);

        var secret = Secret.Create(Secret.ForPeople, authority.Digest);
        var now = time.GetUtcNow();
        var row = new TokenRow
        {
            Id = secret.Id,
            Name = request.Name,
            ScopesJson = JsonSerializer.Serialize(request.Scopes.Distinct()),
            SecretHash = secret.Hash,
            CreatedBy = caller.Actor,
            CreatedAt = now,
            ExpiresAt = request.TimeToLive is null ? null : now + request.TimeToLive.ToTimeSpan(),
        };
        await database.WriteAsync(
            async (tables, token) =>
            {
                if (await tables.Tokens.AnyAsync(other => other.Name == row.Name && other.RevokedAt == null, token))
                {
                    throw new ProblemException(new Problem(
                        StatusCode.AlreadyExists,
                        "TOKEN_EXISTS",
                        $"There is a token named '{row.Name}': revoke it first, or choose another name."));
                }

                tables.Tokens.Add(row);
                audit.Append(tables, caller, "token.create", $"token/{row.Name}", $"scopes {row.ScopesJson}");
            },
            context.CancellationToken);
        return new V1.CreateTokenResponse { Token = secret.Reveal(), Details = ToWire(row) };
    }

    public override async Task<V1.ListTokensResponse> List(V1.ListTokensRequest request, ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Admin);
        var rows = await database.ReadAsync(
            (tables, token) => tables.Tokens.OrderBy(row => row.CreatedAt).ThenBy(row => row.Id).ToListAsync(token),
            context.CancellationToken);
        return new V1.ListTokensResponse { Tokens = { rows.Select(ToWire) } };
    }

    public override async Task<V1.RevokeTokenResponse> Revoke(V1.RevokeTokenRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        caller.Demand(Caller.Admin);
        await database.WriteAsync(
            async (tables, token) =>
            {
                // By name too: that is what people remember. Revoking twice changes nothing.
                var row = await tables.Tokens.SingleOrDefaultAsync(row => row.Id == request.Id, token)
                    ?? await tables.Tokens.SingleOrDefaultAsync(
                        row => row.Name == request.Id && row.RevokedAt == null,
                        token)
                    ?? throw new ProblemException(Problem.NotFound(
                        "TOKEN_NOT_FOUND",
                        $"There is no token '{request.Id}'; list them for their ids."));
                if (row.RevokedAt is null)
                {
                    row.RevokedAt = time.GetUtcNow();
                    audit.Append(tables, caller, "token.revoke", $"token/{row.Name}");
                }
            },
            context.CancellationToken);
        return new V1.RevokeTokenResponse();
    }

    public override async Task<V1.Token> WhoAmI(V1.WhoAmIRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var id = caller.TokenId ?? throw new ProblemException(
            Problem.NotFound("TOKEN_NOT_FOUND", $"{caller.Actor} called with a certificate, not with a token."));
        var row = await database.ReadAsync(
            (tables, token) => tables.Tokens.SingleAsync(row => row.Id == id, token),
            context.CancellationToken);
        return ToWire(row);
    }

    private static void Validate(V1.CreateTokenRequest request)
    {
        if (!Name().IsMatch(request.Name))
        {
            throw new ProblemException(Problem.InvalidField(
                "name",
                "must have 1 to 63 letters, digits, dots, hyphens or underscores, and begin with a letter or digit."));
        }

        if (request.Scopes.Count == 0)
        {
            throw new ProblemException(
                Problem.InvalidField("scopes", $"must not be empty; there are {TokenScopes.Words}."));
        }

        foreach (var (index, scope) in request.Scopes.Index())
        {
            if (!TokenScopes.IsKnown(scope))
            {
                throw new ProblemException(Problem.InvalidField(
                    $"scopes[{index}]",
                    $"'{scope}' is unknown; there are {TokenScopes.Words}, and all but the first two may be narrowed "
                    + "to an application, as in release.push:shop."));
            }
        }

        if (request.TimeToLive is not null && request.TimeToLive.Seconds is <= 0 or > 315_360_000)
        {
            throw new ProblemException(Problem.InvalidField(
                "time_to_live",
                "must be more than 0 and at most ten years; leave it out for a token that does not expire."));
        }
    }

    private static V1.Token ToWire(TokenRow row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        Scopes = { JsonSerializer.Deserialize<string[]>(row.ScopesJson) },
        CreatedBy = row.CreatedBy,
        CreatedAt = row.CreatedAt.ToTimestamp(),
        ExpiresAt = row.ExpiresAt?.ToTimestamp(),
        LastUsedAt = row.LastUsedAt?.ToTimestamp(),
        Revoked = row.RevokedAt is not null,
    };

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
