using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Agents;
using Slipway.ControlPlane.Environments;
using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Reads from the tables what the engine has to know of its targets now.</summary>
internal static class TargetSightings
{
    public static async Task<IReadOnlyList<TargetSighting>> ReadAsync(
        SlipwayContext context,
        RolloutRow row,
        Rollout rollout,
        CancellationToken cancellationToken)
    {
        var environment = await EnvironmentStore.FindAsync(
            context, row.Application, row.Environment, cancellationToken);
        var spec = environment is null ? null : EnvironmentStore.SpecOf(environment);
        var ids = rollout.Targets.Select(target => target.AgentId).ToList();
        var agents = await context.Agents.AsNoTracking()
            .Where(agent => ids.Contains(agent.Id))
            .ToDictionaryAsync(agent => agent.Id, cancellationToken);
        var deployments = await context.Deployments.AsNoTracking()
            .Where(deployment => deployment.RolloutId == row.Id)
            .ToDictionaryAsync(deployment => deployment.Id, cancellationToken);
        var busy = await BusyAsync(context, row, cancellationToken);

        return [.. from target in rollout.Targets
                   let agent = agents.GetValueOrDefault(target.AgentId)
                   let deployment = deployments.GetValueOrDefault(target.DeploymentId)
                   let revert = deployments.GetValueOrDefault(target.RevertId)
                   let phase = (DeploymentPhase)(deployment?.Phase ?? 0)
                   let hasRelease = phase == DeploymentPhase.Committed || target.Phase == DeploymentPhase.Committed
                   select new TargetSighting(target.AgentId)
                   {
                       IsOnline = agent?.SessionId is not null,
                       IsHealthy = agent is not null
                           && !busy.Contains(agent.Id)
                           && IsHealthy(agent, row, hasRelease),
                       IsGone = agent is null || agent.RemovedAt is not null || spec is null
                           || !spec.Selects(AgentLabels.FromJson(agent.LabelsJson)),
                       Phase = phase,
                       Reason = (FailureReason)(deployment?.Reason ?? 0),
                       Detail = deployment?.Detail ?? "",
                       RevertPhase = (DeploymentPhase)(revert?.Phase ?? 0),
                   }];
    }

    private static bool IsHealthy(AgentRow agent, RolloutRow row, bool hasRelease) =>
        ObservedWorkload.ListFrom(agent.ObservedJson).Any(observed =>
            observed.Application == row.Application
            && observed.Environment == row.Environment
            && observed.IsHealthy
            && (!hasRelease || observed.RunningVersion == row.ToVersion));

    // Agents that are still at work for another rollout of the same environment are not available to this one.
    private static async Task<HashSet<Guid>> BusyAsync(
        SlipwayContext context,
        RolloutRow row,
        CancellationToken cancellationToken) =>
        [.. await (from workload in context.Workloads
                   where workload.Application == row.Application && workload.Environment == row.Environment
                   join deployment in context.Deployments on workload.DeploymentId equals deployment.Id
                   where deployment.Phase < (int)DeploymentPhase.Committed
                       && (deployment.RolloutId == null || deployment.RolloutId != row.Id)
                   select workload.AgentId).ToListAsync(cancellationToken)];
}
