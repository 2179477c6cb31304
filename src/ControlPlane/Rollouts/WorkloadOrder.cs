using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Artifacts;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>A release that agents are asked to run in one environment.</summary>
internal sealed record WorkloadOrder(string Application, string Environment, ReleaseRow Release, RuntimeSpec Spec)
{
    /// <summary>The rollout that it belongs to; null when an agent only catches up.</summary>
    public Guid? RolloutId { get; init; }

    public int Batch { get; init; }

    /// <summary>Makes this the agent's workload: a new generation, and a deployment to report on.</summary>
    public async Task PlaceAsync(
        SlipwayContext context,
        AgentRow agent,
        Guid deploymentId,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var workload = await FindAsync(context, agent.Id, cancellationToken);
        var previous = await LastVersionAsync(context, workload, cancellationToken);
        await SupersedeAsync(context, workload, now, cancellationToken);
        if (workload is null)
        {
            workload = new WorkloadRow
            {
                AgentId = agent.Id,
                Application = Application,
                Environment = Environment,
                Version = Release.Version,
            };
            context.Workloads.Add(workload);
        }

        // The agent's revision counts the generations too: so they grow even over a workload that was taken away.
        workload.Generation = ++agent.DesiredRevision;
        workload.DeploymentId = deploymentId;
        workload.Version = Release.Version;
        workload.SpecJson = SpecJson.Write(Spec);
        Choose(Release.Artifacts, agent.Platform).CopyTo(workload);
        var deployment = new DeploymentRow
        {
            Id = deploymentId,
            RolloutId = RolloutId,
            Application = Application,
            Environment = Environment,
            AgentId = agent.Id,
            AgentName = agent.Name,
            Version = Release.Version,
            PreviousVersion = previous,
            Batch = Batch,
            CreatedAt = now,
        };
        deployment.Advance(DeploymentPhase.Assigned, now);
        context.Deployments.Add(deployment);
    }

    /// <summary>Takes the workload away from an agent that had none before.</summary>
    public async Task RemoveAsync(
        SlipwayContext context,
        AgentRow agent,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var workload = await FindAsync(context, agent.Id, cancellationToken);
        await SupersedeAsync(context, workload, now, cancellationToken);
        if (workload is not null)
        {
            context.Workloads.Remove(workload);
            agent.DesiredRevision++;
        }
    }

    /// <summary>The version that the agent ran before its current deployment, or has committed with it.</summary>
    public static async Task<string> LastVersionAsync(
        SlipwayContext context,
        WorkloadRow? workload,
        CancellationToken cancellationToken)
    {
        if (workload is null)
        {
            return "";
        }

        var deployment = await context.Deployments.FindAsync([workload.DeploymentId], cancellationToken);
        return deployment is null || deployment.Phase == (int)DeploymentPhase.Committed
            ? workload.Version
            : deployment.PreviousVersion;
    }

    private static ArtifactChoice Choose(IEnumerable<ArtifactRow> artifacts, string platform)
    {
        var host = new Platform(platform);
        return new ArtifactChoice(artifacts
            .Where(artifact => new Platform(artifact.Platform).RunsOn(host))
            .OrderBy(artifact => artifact.Platform == Platform.Any.Value)
            .FirstOrDefault());
    }

    private ValueTask<WorkloadRow?> FindAsync(
        SlipwayContext context,
        Guid agentId,
        CancellationToken cancellationToken) =>
        context.Workloads.FindAsync([agentId, Application, Environment], cancellationToken);

    private static async Task SupersedeAsync(
        SlipwayContext context,
        WorkloadRow? workload,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        if (workload is null)
        {
            return;
        }

        var old = await context.Deployments.Include(row => row.Phases)
            .SingleOrDefaultAsync(row => row.Id == workload.DeploymentId, cancellationToken);
        old?.Close(DeploymentPhase.Superseded, FailureReason.Unspecified, "A newer deployment took over.", now);
    }

    private readonly record struct ArtifactChoice(ArtifactRow? Artifact)
    {
        public void CopyTo(WorkloadRow workload)
        {
            workload.ArtifactPlatform = Artifact?.Platform ?? "";
            workload.ArtifactDigest = Artifact?.Digest ?? "";
            workload.ArtifactSizeBytes = Artifact?.SizeBytes ?? 0;
            workload.ArtifactFileName = Artifact?.FileName ?? "";
            workload.ArtifactUpstreamUrl = Artifact?.UpstreamUrl ?? "";
        }
    }
}
