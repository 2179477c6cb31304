using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Agents;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Environments;
using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Versioning;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Brings agents that missed a rollout, or are new, to their environment's release.</summary>
/// <remarks>
/// New agents go at once, since they serve nothing yet; those that serve an older release go one at a time. A release
/// is tried once on each agent.
/// </remarks>
internal sealed class CatchUp(Database database, IHintBus hints, AuditLog audit, TimeProvider time)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var quiet = await database.ReadAsync(QuietAsync, cancellationToken);
        foreach (var (application, environment) in quiet)
        {
            var agents = await database.WriteAsync(
                (context, token) => CatchUpAsync(context, application, environment, token),
                cancellationToken);
            foreach (var agent in agents)
            {
                hints.Publish(HintTopic.Agent(agent));
            }

            if (agents.Count > 0)
            {
                hints.Publish(HintTopic.Environment(application, environment));
            }
        }
    }

    // Environments with a release, no rollout under way, and somebody who has not got the release.
    private static async Task<List<(string Application, string Environment)>> QuietAsync(
        SlipwayContext context,
        CancellationToken cancellationToken)
    {
        var environments = await context.Environments
            .Where(row => row.CurrentVersion != null && row.CurrentVersion != "" && !context.Rollouts.Any(rollout =>
                rollout.IsActive && rollout.Application == row.Application && rollout.Environment == row.Name))
            .ToListAsync(cancellationToken);
        var found = new List<(string Application, string Environment)>();
        foreach (var environment in environments)
        {
            if ((await BehindAsync(context, environment, cancellationToken)).Count > 0)
            {
                found.Add((environment.Application, environment.Name));
            }
        }

        return found;
    }

    // Online agents that are meant and have no workload, or one of an older release that is not under way.
    private static async Task<List<(Guid Id, bool IsNew)>> BehindAsync(
        SlipwayContext context,
        EnvironmentRow environment,
        CancellationToken cancellationToken)
    {
        var spec = EnvironmentStore.SpecOf(environment);
        var current = SemanticVersion.Parse(environment.CurrentVersion!);
        var agents = await (
            from agent in context.Agents
            where agent.RemovedAt == null && agent.SessionId != null
            from workload in context.Workloads.Where(row => row.AgentId == agent.Id
                && row.Application == environment.Application && row.Environment == environment.Name).DefaultIfEmpty()
            where workload == null || workload.Version != environment.CurrentVersion
            where !context.Deployments.Any(row => row.AgentId == agent.Id
                && row.Application == environment.Application && row.Environment == environment.Name
                && row.Version == environment.CurrentVersion && row.Phase != (int)DeploymentPhase.Committed)
            orderby agent.Name
            select new { agent.Id, agent.LabelsJson, Version = workload == null ? null : workload.Version })
            .ToListAsync(cancellationToken);
        return [.. from agent in agents
                   where spec.Selects(AgentLabels.FromJson(agent.LabelsJson))
                   where agent.Version is null || SemanticVersion.Parse(agent.Version) < current
                   select (agent.Id, agent.Version is null)];
    }

    private async Task<IReadOnlyList<Guid>> CatchUpAsync(
        SlipwayContext context,
        string application,
        string name,
        CancellationToken cancellationToken)
    {
        await context.SerializeAsync(Locks.Rollouts, cancellationToken);
        var environment = await EnvironmentStore.GetAsync(context, application, name, cancellationToken);
        if (await RolloutStore.ActiveAsync(context, application, name, cancellationToken) is not null)
        {
            return [];
        }

        var behind = await BehindAsync(context, environment, cancellationToken);
        var isBusy = await context.Workloads.AnyAsync(
            row => row.Application == application && row.Environment == name && context.Deployments.Any(deployment =>
                deployment.Id == row.DeploymentId && deployment.Phase < (int)DeploymentPhase.Committed),
            cancellationToken);
        var old = behind.Where(agent => !agent.IsNew).Take(isBusy ? 0 : 1);
        var chosen = behind.Where(agent => agent.IsNew).Concat(old).Select(agent => agent.Id).ToList();
        if (chosen.Count == 0)
        {
            return [];
        }

        var order = await OrderAsync(context, environment, cancellationToken);
        var now = time.GetUtcNow();
        foreach (var id in chosen)
        {
            var agent = await context.Agents.SingleAsync(row => row.Id == id, cancellationToken);
            await order.PlaceAsync(context, agent, Guid.CreateVersion7(now), now, cancellationToken);
            audit.Append(
                context,
                Caller.System,
                "agent.catch_up",
                $"agent/{agent.Name}",
                $"{application}/{name} to {environment.CurrentVersion}");
        }

        return chosen;
    }

    private static async Task<WorkloadOrder> OrderAsync(
        SlipwayContext context,
        EnvironmentRow environment,
        CancellationToken cancellationToken)
    {
        var application = await ApplicationStore.GetAsync(context, environment.Application, cancellationToken);
        var release = await context.Releases.Include(row => row.Artifacts).SingleAsync(
            row => row.Application == environment.Application && row.Version == environment.CurrentVersion,
            cancellationToken);
        var spec = EnvironmentSpec.EffectiveSpec(
            ApplicationStore.SpecOf(application),
            EnvironmentStore.SpecOf(environment));
        return new WorkloadOrder(environment.Application, environment.Name, release, spec);
    }
}
