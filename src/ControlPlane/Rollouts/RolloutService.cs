using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Rollouts over gRPC.</summary>
internal sealed class RolloutService(
    Database database,
    RolloutOpener opener,
    RolloutDriver driver,
    IHintBus hints,
    TimeProvider time) : V1.Rollouts.RolloutsBase
{
    private static readonly TimeSpan Backstop = TimeSpan.FromSeconds(2);

    public override async Task<V1.Rollout> Start(V1.StartRolloutRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        Require("application", request.Application);
        Require("environment", request.Environment);
        caller.Demand("rollout.start", request.Application);
        var row = await opener.OpenAsync(
            new RolloutRequest(request.Application, request.Environment)
            {
                Version = request.Version,
                Reason = request.Reason,
                Supersedes = request.Supersede,
                ExpectedCurrent = request.HasExpectedCurrent ? request.ExpectedCurrent : null,
                IdempotencyKey = request.IdempotencyKey,
            },
            caller,
            context.CancellationToken);
        return ToWire(row);
    }

    public override async Task<V1.Rollout> Get(V1.GetRolloutRequest request, ServerCallContext context) =>
        ToWire(await ReadAsync(request.Id, Caller.Of(context), context.CancellationToken));

    public override async Task<V1.ListRolloutsResponse> List(V1.ListRolloutsRequest request, ServerCallContext context)
    {
        var application = request.Application.Length == 0 ? null : request.Application;
        Caller.Of(context).Demand(Caller.Read, application);
        var filter = new RolloutFilter(
            application,
            request.Environment.Length == 0 ? null : request.Environment,
            [.. request.States.Select(state => (int)state)],
            Paging.Position(request.PageToken, 2),
            Paging.Size(request.PageSize));
        var rows = await database.ReadAsync(
            (tables, token) => RolloutStore.ListAsync(tables, filter, token),
            context.CancellationToken);
        var page = rows.Take(filter.Size).ToList();
        var next = rows.Count > filter.Size
            ? Paging.Token(
                page[^1].CreatedAt.UtcTicks.ToString(CultureInfo.InvariantCulture),
                page[^1].Id.ToString())
            : "";
        return new V1.ListRolloutsResponse { Rollouts = { page.Select(ToWire) }, NextPageToken = next };
    }

    public override async Task Watch(
        V1.GetRolloutRequest request,
        IServerStreamWriter<V1.Rollout> responseStream,
        ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var row = await ReadAsync(request.Id, caller, context.CancellationToken);
        using var subscription = hints.Subscribe(HintTopic.Rollout(row.Id));
        var sent = -1L;
        while (true)
        {
            row = await ReadAsync(request.Id, caller, context.CancellationToken);
            if (row.Version != sent)
            {
                sent = row.Version;
                await responseStream.WriteAsync(ToWire(row), context.CancellationToken);
            }

            if (!row.IsActive)
            {
                return;
            }

            await subscription.NextAsync(Backstop, time, context.CancellationToken);
        }
    }

    public override async Task<V1.Rollout> Abort(V1.AbortRolloutRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        var row = await database.ReadAsync(
            (tables, token) => RolloutStore.GetAsync(tables, request.Id, token),
            context.CancellationToken);
        caller.Demand("rollout.abort", row.Application);
        await driver.AbortAsync(row.Id, request.Reason, caller, context.CancellationToken);
        return ToWire(await ReadAsync(request.Id, caller, context.CancellationToken));
    }

    private static void Require(string field, string value)
    {
        if (value.Length == 0)
        {
            throw new ProblemException(Problem.InvalidField(field, "must not be empty; give its name."));
        }
    }

    private static V1.Rollout ToWire(RolloutRow row)
    {
        var document = RolloutDocument.Read(row.StateJson);
        var engine = document.Engine;
        return new V1.Rollout
        {
            Id = row.Id.ToString(),
            Application = row.Application,
            Environment = row.Environment,
            FromVersion = row.FromVersion,
            ToVersion = row.ToVersion,
            State = (V1.RolloutState)row.State,
            Strategy = new V1.Strategy
            {
                Rolling = new V1.RollingStrategy
                {
                    BatchSize = document.Strategy.BatchSize,
                    MaxUnavailable = document.Strategy.MaxUnavailable,
                },
                Bake = document.Strategy.Bake.ToDuration(),
                ProgressDeadline = document.Strategy.ProgressDeadline.ToDuration(),
                MaxFailures = document.Strategy.MaxFailures,
            },
            BatchSize = engine.Plan.BatchSize,
            MaxUnavailable = engine.Plan.MaxUnavailable,
            CurrentBatch = engine.CurrentBatch,
            Targets = { engine.Targets.Select(ToWire) },
            WaitingFor = row.State == (int)RolloutState.Pending ? "its first look at the agents" : engine.WaitingFor,
            Outcome = engine.Outcome,
            CreatedBy = row.CreatedBy,
            Reason = row.Reason,
            CreatedAt = row.CreatedAt.ToTimestamp(),
            StartedAt = row.StartedAt?.ToTimestamp(),
            FinishedAt = row.FinishedAt?.ToTimestamp(),
            Version = (ulong)row.Version,
        };
    }

    // A deployment is in the history once its agent was asked.
    private static V1.RolloutTarget ToWire(RolloutTarget target) => new()
    {
        AgentId = target.AgentId.ToString(),
        AgentName = target.AgentName,
        DeploymentId = target.Batch == 0 && target.Phase != History.DeploymentPhase.Committed
            ? ""
            : target.DeploymentId.ToString(),
        Phase = (V1.DeploymentPhase)target.Phase,
        Reason = (V1.FailureReason)target.Reason,
        Detail = target.Detail,
        Batch = target.Batch,
        Available = target.IsAvailable,
    };

    private async Task<RolloutRow> ReadAsync(string id, Caller caller, CancellationToken cancellationToken)
    {
        var row = await database.ReadAsync(
            (tables, token) => RolloutStore.GetAsync(tables, id, token),
            cancellationToken);
        caller.Demand(Caller.Read, row.Application);
        return row;
    }
}
