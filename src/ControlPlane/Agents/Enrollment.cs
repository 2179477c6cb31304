using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Agents;

/// <summary>Makes agents of hosts that hold a one-time token, and gives agents fresh certificates.</summary>
internal sealed partial class Enrollment(
    Database database,
    AuditLog audit,
    CertificateAuthority authority,
    TimeProvider time)
{
    private const int LongestText = 128;

    /// <summary>The same key with the same token and name is the same agent: the answer may have got lost.</summary>
    public async Task<IssuedCertificate> EnrollAsync(
        EnrollmentRequest request,
        Caller caller,
        CancellationToken cancellationToken)
    {
        Validate(request);
        var secret = Secret.Parse(Secret.ForEnrollment, request.Token)
            ?? throw Refused("TOKEN_INVALID", "The enrolment token is not of the form sle1.<digest>.<id>.<secret>.");
        var signing = SigningRequest.Parse(request.SigningRequest);
        return await database.WriteAsync(
            async (tables, token) =>
            {
                var ticket = await tables.EnrollmentTokens.AsNoTracking()
                    .SingleOrDefaultAsync(row => row.Id == secret.Id, token);
                if (ticket is null || !secret.Matches(ticket.SecretHash))
                {
                    throw Refused("TOKEN_INVALID", "The enrolment token is unknown: create a new one.");
                }

                var agent = await tables.Agents.SingleOrDefaultAsync(
                    row => row.Name == request.Name && row.RemovedAt == null,
                    token);
                if (agent is null || !CryptographicOperations.FixedTimeEquals(agent.PublicKeyHash, signing.KeyHash))
                {
                    await ConsumeAsync(tables, ticket, agent, token);
                    agent = NewAgent(request, ticket);
                    tables.Agents.Add(agent);
                }

                var issued = Issue(agent, signing);
                audit.Append(
                    tables,
                    Caller.Agent(agent.Id, agent.Name, caller.RemoteAddress),
                    "agent.enroll",
                    $"agent/{agent.Name}",
                    $"id {agent.Id}, labels {agent.LabelsJson}, enrolment token {ticket.Id}");
                return issued;
            },
            cancellationToken);
    }

    public Task<IssuedCertificate> RenewAsync(
        byte[] signingRequest,
        Caller caller,
        CancellationToken cancellationToken)
    {
        var id = caller.DemandAgent();
        var signing = SigningRequest.Parse(signingRequest);
        return database.WriteAsync(
            async (tables, token) =>
            {
                var agent = await tables.Agents.SingleAsync(row => row.Id == id, token);
                var issued = Issue(agent, signing);
                audit.Append(tables, caller, "agent.renew", $"agent/{agent.Name}", $"serial {agent.CertificateSerial}");
                return issued;
            },
            cancellationToken);
    }

    private static void Validate(EnrollmentRequest request)
    {
        if (!Name().IsMatch(request.Name))
        {
            throw new ProblemException(Problem.InvalidField(
                "name",
                "must have 1 to 63 letters, digits, dots, hyphens or underscores, and begin with a letter or digit."));
        }

        (string Field, string Value)[] texts =
        [
            ("machine_id", request.MachineId),
            ("platform", request.Platform),
            ("agent_version", request.AgentVersion),
        ];
        foreach (var (field, value) in texts)
        {
            if (value.Length > LongestText)
            {
                throw new ProblemException(
                    Problem.InvalidField(field, $"must have at most {LongestText} characters."));
            }
        }
    }

    private static ProblemException Refused(string reason, string message) =>
        new(new Problem(StatusCode.Unauthenticated, reason, message));

    private async Task ConsumeAsync(
        SlipwayContext tables,
        EnrollmentTokenRow ticket,
        AgentRow? namesake,
        CancellationToken cancellationToken)
    {
        if (ticket.ExpiresAt <= time.GetUtcNow())
        {
            throw Refused("TOKEN_EXPIRED", $"The enrolment token expired at {ticket.ExpiresAt:u}: create a new one.");
        }

        if (namesake is not null)
        {
            throw new ProblemException(new Problem(
                StatusCode.AlreadyExists,
                "AGENT_EXISTS",
                $"There is an agent named '{namesake.Name}' with another key: give this host another name, or, if it "
                + $"replaces that one, remove that one first (deployctl agent remove {namesake.Name})."));
        }

        // Counted by the database, not from what was read: two hosts may come at once.
        var consumed = await tables.EnrollmentTokens.Where(row => row.Id == ticket.Id && row.UsesLeft > 0)
            .ExecuteUpdateAsync(
                set => set.SetProperty(row => row.UsesLeft, row => row.UsesLeft - 1),
                cancellationToken);
        if (consumed == 0)
        {
            throw Refused("TOKEN_USED_UP", "The enrolment token was used as often as it may be: create a new one.");
        }
    }

    private AgentRow NewAgent(EnrollmentRequest request, EnrollmentTokenRow ticket)
    {
        var now = time.GetUtcNow();
        return new AgentRow
        {
            Id = Guid.CreateVersion7(now),
            Name = request.Name,
            LabelsJson = ticket.LabelsJson,
            Platform = request.Platform,
            AgentVersion = request.AgentVersion,
            MachineId = request.MachineId,
            EnrolledAt = now,
        };
    }

    private IssuedCertificate Issue(AgentRow agent, SigningRequest signing)
    {
        using var certificate = authority.IssueForAgent(signing.Key, new AgentIdentity(agent.Id), agent.Name);
        agent.CertificateSerial = certificate.SerialNumber;
        agent.CertificateExpiresAt = new DateTimeOffset(certificate.NotAfter).ToUniversalTime();
        agent.PublicKeyHash = signing.KeyHash;
        return new IssuedCertificate(agent.Id, certificate.RawData);
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}

/// <summary>A certificate, DER, and whose it is.</summary>
internal sealed record IssuedCertificate(Guid AgentId, byte[] Certificate);
