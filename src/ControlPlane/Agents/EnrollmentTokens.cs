using System.Globalization;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Agents;

/// <summary>Makes the tokens with which hosts enrol.</summary>
internal sealed class EnrollmentTokens(
    Database database,
    AuditLog audit,
    CertificateAuthority authority,
    TimeProvider time)
{
    private const int MostUses = 1000;

    private static readonly TimeSpan DefaultLife = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestLife = TimeSpan.FromDays(7);

    public async Task<CreatedEnrollmentToken> CreateAsync(
        IReadOnlyCollection<KeyValuePair<string, string>> labels,
        int uses,
        TimeSpan? timeToLive,
        Caller caller,
        CancellationToken cancellationToken)
    {
        AgentLabels.Validate(labels);
        if (uses is < 0 or > MostUses)
        {
            throw new ProblemException(Problem.InvalidField("uses", $"must be 1 to {MostUses}; 0 means 1."));
        }

        if (timeToLive is { } asked && (asked <= TimeSpan.Zero || asked > LongestLife))
        {
            throw new ProblemException(
                Problem.InvalidField("time_to_live", "must be more than 0 and at most 7 days; left out it is 15 min."));
        }

        var secret = Secret.Create(Secret.ForEnrollment, authority.Digest);
        var now = time.GetUtcNow();
        var row = new EnrollmentTokenRow
        {
            Id = secret.Id,
            SecretHash = secret.Hash,
            LabelsJson = AgentLabels.ToJson(labels),
            Uses = Math.Max(uses, 1),
            UsesLeft = Math.Max(uses, 1),
            CreatedBy = caller.Actor,
            CreatedAt = now,
            ExpiresAt = now + (timeToLive ?? DefaultLife),
        };
        await database.WriteAsync(
            (tables, _) =>
            {
                tables.EnrollmentTokens.Add(row);
                audit.Append(
                    tables,
                    caller,
                    "agent.token.create",
                    $"enrollment-token/{row.Id}",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{row.Uses} uses until {row.ExpiresAt:u}, labels {row.LabelsJson}"));
                return Task.CompletedTask;
            },
            cancellationToken);
        return new CreatedEnrollmentToken(secret, row.ExpiresAt);
    }
}

/// <summary>A token that was made just now: the only moment at which it can be shown.</summary>
internal sealed record CreatedEnrollmentToken(Secret Secret, DateTimeOffset ExpiresAt);
