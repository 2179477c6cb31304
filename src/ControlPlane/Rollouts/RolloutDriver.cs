using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Takes a rollout through one decision of the planner, in one transaction.</summary>
/// <remarks>Killed before the commit, it changed nothing; killed after it, the next look sees the same.</remarks>
internal sealed class RolloutDriver(Database database, IHintBus hints, AuditLog audit, TimeProvider time)
{
    /// <summary>Looks at the rollout's agents and the clock, and does what follows from it.</summary>
    public Task LookAsync(Guid id, CancellationToken cancellationToken) =>
        InTransactionAsync(id, happened: null, Caller.System, cancellationToken);

    /// <exception cref="ProblemException">ROLLOUT_NOT_FOUND or ROLLOUT_ENDED.</exception>
    public Task AbortAsync(Guid id, string reason, Caller caller, CancellationToken cancellationToken) =>
        InTransactionAsync(id, new RolloutEvent.Aborted(caller.Actor, reason), caller, cancellationToken);

    /// <summary>Decides inside somebody's transaction; he publishes the topics once it is committed.</summary>
    public async Task<IReadOnlyList<string>> DecideAsync(
        SlipwayContext context,
        RolloutRow row,
        RolloutEvent? happened,
        Caller caller,
        CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var document = RolloutDocument.Read(row.StateJson);
        happened ??= new RolloutEvent.Looked(
            await TargetSightings.ReadAsync(context, row, document.Engine, cancellationToken));
        var step = RolloutPlanner.Decide(document.Engine, happened, now);
        if (step.Refusal == RolloutRefusal.Ended && happened is not RolloutEvent.Looked)
        {
            throw new ProblemException(new Problem(
                StatusCode.FailedPrecondition,
                "ROLLOUT_ENDED",
                $"The rollout has ended ({document.Engine.State}); nothing can be changed any more."));
        }

        var after = document with { Engine = step.Rollout };
        var json = after.Write();
        if (json == row.StateJson && step.Actions.Count == 0)
        {
            return [];
        }

        var topics = await new RolloutActs(context, row, after, now).DoAsync(step.Actions, cancellationToken);
        if (step.Rollout.State != document.Engine.State)
        {
            var reason = happened is RolloutEvent.Aborted aborted ? aborted.Reason : "";
            var detail = $"{document.Engine.State} -> {step.Rollout.State} {step.Rollout.Outcome}".TrimEnd();
            audit.Append(context, caller, VerbOf(step.Rollout.State), $"rollout/{row.Id}", detail, reason);
        }

        Save(row, step.Rollout, json);
        return [.. topics, .. TopicsOf(row)];
    }

    public static IReadOnlyList<string> TopicsOf(RolloutRow row) =>
        [HintTopic.Rollout(row.Id), HintTopic.Environment(row.Application, row.Environment)];

    private static void Save(RolloutRow row, Rollout rollout, string json)
    {
        row.State = (int)rollout.State;
        row.StateJson = json;
        row.StartedAt = rollout.StartedAt;
        row.FinishedAt = rollout.FinishedAt;
        row.NextTimerAt = rollout.NextTimerAt;
        row.IsActive = !rollout.IsEnded;
    }

    private static string VerbOf(RolloutState state) => $"rollout.{state.ToString().ToLowerInvariant()}";

    private async Task InTransactionAsync(
        Guid id,
        RolloutEvent? happened,
        Caller caller,
        CancellationToken cancellationToken)
    {
        var topics = await database.WriteAsync(
            async (context, token) =>
            {
                await context.SerializeAsync(Locks.Rollouts, token);
                var row = await context.Rollouts.SingleOrDefaultAsync(rollout => rollout.Id == id, token)
                    ?? throw RolloutStore.NotFound(id.ToString());
                return row.IsActive || happened is not null
                    ? await DecideAsync(context, row, happened, caller, token)
                    : [];
            },
            cancellationToken);
        foreach (var topic in topics)
        {
            hints.Publish(topic);
        }
    }
}

/// <summary>Writes what the planner decided into the tables of one transaction.</summary>
internal sealed class RolloutActs(
    SlipwayContext context,
    RolloutRow row,
    RolloutDocument document,
    DateTimeOffset now)
{
    private readonly Dictionary<string, ReleaseRow> _releases = [];

    /// <summary>Answers with the topics of the agents that have something new to read.</summary>
    public async Task<IReadOnlyList<string>> DoAsync(
        IReadOnlyList<RolloutAction> actions,
        CancellationToken cancellationToken)
    {
        var topics = new List<string>();
        foreach (var action in actions)
        {
            if (action is RolloutAction.Promote)
            {
                await PromoteAsync(cancellationToken);
                continue;
            }

            var target = document.Engine.Targets.First(target => target.AgentId == action.AgentId);
            await DoAsync(action, target, cancellationToken);
            topics.Add(HintTopic.Agent(action.AgentId));
        }

        return topics;
    }

    private async Task DoAsync(RolloutAction action, RolloutTarget target, CancellationToken cancellationToken)
    {
        switch (action)
        {
            case RolloutAction.Assign assign:
                var order = await OrderAsync(row.ToVersion, assign.Batch, cancellationToken);
                await order.PlaceAsync(context, await AgentAsync(target, cancellationToken),
                    target.DeploymentId, now, cancellationToken);
                break;
            case RolloutAction.Close close:
                var deployment = await context.Deployments.Include(found => found.Phases)
                    .SingleAsync(found => found.Id == target.DeploymentId, cancellationToken);
                deployment.Close(close.Phase, close.Reason, close.Detail, now);
                break;
            case RolloutAction.Revert:
                await RevertAsync(target, cancellationToken);
                break;
        }
    }

    private async Task RevertAsync(RolloutTarget target, CancellationToken cancellationToken)
    {
        var agent = await AgentAsync(target, cancellationToken);
        if (target.PreviousVersion.Length == 0)
        {
            var current = await OrderAsync(row.ToVersion, target.Batch, cancellationToken);
            await current.RemoveAsync(context, agent, now, cancellationToken);
            return;
        }

        var previous = await OrderAsync(target.PreviousVersion, target.Batch, cancellationToken);
        await previous.PlaceAsync(context, agent, target.RevertId, now, cancellationToken);
    }

    private async Task<WorkloadOrder> OrderAsync(string version, int batch, CancellationToken cancellationToken)
    {
        if (!_releases.TryGetValue(version, out var release))
        {
            release = await context.Releases.Include(found => found.Artifacts).SingleAsync(
                found => found.Application == row.Application && found.Version == version,
                cancellationToken);
            _releases.Add(version, release);
        }

        var spec = version == row.ToVersion
            ? document.Spec
            : document.PreviousSpecs.GetValueOrDefault(version, document.Spec);
        return new WorkloadOrder(row.Application, row.Environment, release, spec) { RolloutId = row.Id, Batch = batch };
    }

    private Task<AgentRow> AgentAsync(RolloutTarget target, CancellationToken cancellationToken) =>
        context.Agents.SingleAsync(agent => agent.Id == target.AgentId, cancellationToken);

    // Beside the row's version, which counts what people change.
    private Task<int> PromoteAsync(CancellationToken cancellationToken) =>
        context.Environments
            .Where(found => found.Application == row.Application && found.Name == row.Environment)
            .ExecuteUpdateAsync(
                set => set.SetProperty(found => found.CurrentVersion, row.ToVersion),
                cancellationToken);
}
