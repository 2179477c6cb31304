using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage.Rows;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Agents;

/// <summary>Enrols hosts and tells of them.</summary>
internal sealed class AgentService(
    Enrollment enrollment,
    EnrollmentTokens tokens,
    AgentStore agents,
    CertificateAuthority authority) : V1.Agents.AgentsBase
{
    [AllowAnonymous]
    public override async Task<V1.EnrollResponse> Enroll(V1.EnrollRequest request, ServerCallContext context)
    {
        var asked = new EnrollmentRequest(request.Token, request.Name)
        {
            SigningRequest = request.CertificateRequest.ToByteArray(),
            MachineId = request.MachineId,
            Platform = request.Platform,
            AgentVersion = request.AgentVersion,
        };
        var issued = await enrollment.EnrollAsync(asked, Caller.Of(context), context.CancellationToken);
        return new V1.EnrollResponse
        {
            AgentId = issued.AgentId.ToString(),
            Certificate = ByteString.CopyFrom(issued.Certificate),
            TrustBundle = { ByteString.CopyFrom(authority.Certificate.RawData) },
        };
    }

    public override async Task<V1.RenewResponse> Renew(V1.RenewRequest request, ServerCallContext context)
    {
        var issued = await enrollment.RenewAsync(
            request.CertificateRequest.ToByteArray(),
            Caller.Of(context),
            context.CancellationToken);
        return new V1.RenewResponse
        {
            Certificate = ByteString.CopyFrom(issued.Certificate),
            TrustBundle = { ByteString.CopyFrom(authority.Certificate.RawData) },
        };
    }

    public override async Task<V1.CreateEnrollmentTokenResponse> CreateToken(
        V1.CreateEnrollmentTokenRequest request,
        ServerCallContext context)
    {
        var caller = Caller.Of(context);
        caller.Demand("agent.enroll");
        var created = await tokens.CreateAsync(
            request.Labels,
            request.Uses,
            request.TimeToLive?.ToTimeSpan(),
            caller,
            context.CancellationToken);
        return new V1.CreateEnrollmentTokenResponse
        {
            Token = created.Secret.Reveal(),
            Id = created.Secret.Id,
            ExpiresAt = created.ExpiresAt.ToTimestamp(),
        };
    }

    public override async Task<V1.Agent> Get(V1.GetAgentRequest request, ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read);
        return ToWire(await agents.GetAsync(request.Id, context.CancellationToken));
    }

    public override async Task<V1.ListAgentsResponse> List(V1.ListAgentsRequest request, ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read);
        var size = Paging.Size(request.PageSize);
        var after = Paging.Position(request.PageToken, 1) is [var name] ? name : "";
        var rows = await agents.ListAsync(
            request.Selector.ToDictionary(),
            after,
            size + 1,
            context.CancellationToken);
        return new V1.ListAgentsResponse
        {
            Agents = { rows.Take(size).Select(ToWire) },
            NextPageToken = rows.Count > size ? Paging.Token(rows[size - 1].Name) : "",
        };
    }

    public override async Task<V1.RemoveAgentResponse> Remove(V1.RemoveAgentRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        caller.Demand(Caller.Admin);
        await agents.RemoveAsync(request.Id, caller, context.CancellationToken);
        return new V1.RemoveAgentResponse();
    }

    private static V1.Agent ToWire(AgentRow row)
    {
        var agent = new V1.Agent
        {
            Id = row.Id.ToString(),
            Name = row.Name,
            Platform = row.Platform,
            AgentVersion = row.AgentVersion,
            Status = row.SessionId is null ? V1.Agent.Types.Status.Offline : V1.Agent.Types.Status.Online,
            EnrolledAt = row.EnrolledAt.ToTimestamp(),
            LastSeenAt = row.LastSeenAt?.ToTimestamp(),
            CertificateExpiresAt = row.CertificateExpiresAt.ToTimestamp(),
            DesiredRevision = (ulong)row.DesiredRevision,
            AcknowledgedRevision = (ulong)row.AckRevision,
        };
        agent.Labels.Add(AgentLabels.FromJson(row.LabelsJson).ToDictionary());
        agent.SelfLabels.Add(AgentLabels.FromJson(row.SelfLabelsJson).ToDictionary());

        // What is asked for and what is there: either may lack what the other has.
        var observed = ObservedWorkload.ListFrom(row.ObservedJson)
            .ToDictionary(seen => (seen.Application, seen.Environment));
        var desired = row.Workloads.ToDictionary(workload => (workload.Application, workload.Environment));
        agent.Workloads.Add(desired.Keys.Union(observed.Keys).Order().Select(key =>
            ToWire(key, desired.GetValueOrDefault(key), observed.GetValueOrDefault(key))));
        return agent;
    }

    private static V1.WorkloadState ToWire(
        (string Application, string Environment) key,
        WorkloadRow? desired,
        ObservedWorkload? observed) => new()
        {
            Application = key.Application,
            Environment = key.Environment,
            DesiredGeneration = (ulong)(desired?.Generation ?? 0),
            DesiredVersion = desired?.Version ?? "",
            Observed = observed is null ? null : ToWire(observed),
        };

    private static V1.WorkloadStatus ToWire(ObservedWorkload observed) => new()
    {
        Application = observed.Application,
        Environment = observed.Environment,
        Generation = (ulong)observed.Generation,
        RunningVersion = observed.RunningVersion,
        Healthy = observed.IsHealthy,
        Detail = observed.Detail,
        Pids = { observed.Pids },
        Since = observed.Since?.ToTimestamp(),
    };
}
