using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.History;

/// <summary>The history over gRPC.</summary>
internal sealed class HistoryService(Database database) : V1.History.HistoryBase
{
    private const int OutputInList = 1024;

    public override async Task<V1.ListHistoryResponse> List(V1.ListHistoryRequest request, ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read, request.Application.Length == 0 ? null : request.Application);
        var filter = new HistoryFilter
        {
            Id = request.Id,
            Application = request.Application,
            Environment = request.Environment,
            Agent = request.Agent,
            Version = request.Version,
            RolloutId = request.RolloutId,
            Phases = [.. request.Phases.Select(phase => (int)phase)],
            Since = request.Since?.ToDateTimeOffset(),
            Until = request.Until?.ToDateTimeOffset(),
            After = Paging.Position(request.PageToken, 2),
            Size = Paging.Size(request.PageSize),
        };
        var rows = await database.ReadAsync(
            (tables, token) => HistoryStore.ListAsync(tables, filter, token),
            context.CancellationToken);
        var page = rows.Take(filter.Size).ToList();
        var next = rows.Count > filter.Size
            ? Paging.Token(
                page[^1].CreatedAt.UtcTicks.ToString(CultureInfo.InvariantCulture),
                page[^1].Id.ToString())
            : "";
        var output = filter.Id.Length > 0 ? int.MaxValue : OutputInList;
        return new V1.ListHistoryResponse
        {
            Deployments = { page.Select(row => ToWire(row, output)) },
            NextPageToken = next,
        };
    }

    private static V1.ProgramEnd ToWire(DeploymentEndRow end, int output) => new()
    {
        Run = (uint)end.Run,
        Restarts = (uint)end.Restarts,
        At = end.At.ToTimestamp(),
        Reason = (V1.FailureReason)end.Reason,
        Detail = end.Detail,
        Output = end.Output.Length <= output ? end.Output : end.Output[^output..],
    };

    private static V1.Deployment ToWire(DeploymentRow row, int output) => new()
    {
        Id = row.Id.ToString(),
        RolloutId = row.RolloutId?.ToString() ?? "",
        Application = row.Application,
        Environment = row.Environment,
        AgentId = row.AgentId?.ToString() ?? "",
        AgentName = row.AgentName,
        Version = row.Version,
        PreviousVersion = row.PreviousVersion,
        Phase = (V1.DeploymentPhase)row.Phase,
        Reason = (V1.FailureReason)row.Reason,
        Detail = row.Detail,
        Output = row.Output,
        Phases =
        {
            row.Phases.OrderBy(phase => phase.Sequence).Select(phase => new V1.PhaseTime
            {
                Phase = (V1.DeploymentPhase)phase.Phase,
                At = phase.At.ToTimestamp(),
            }),
        },
        CreatedAt = row.CreatedAt.ToTimestamp(),
        FinishedAt = row.FinishedAt?.ToTimestamp(),
        Batch = row.Batch,
        Ends = { row.Ends.OrderBy(end => end.Run).Select(end => ToWire(end, output)) },
    };
}
