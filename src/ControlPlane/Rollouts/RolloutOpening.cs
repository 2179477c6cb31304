using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Agents;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Environments;
using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Versioning;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Reads and checks, inside one transaction, what a new rollout is made of.</summary>
internal sealed class RolloutOpening(SlipwayContext context, RolloutRequest request, DateTimeOffset now)
{
    private readonly Dictionary<string, RuntimeSpec> _previousSpecs = [];

    /// <summary>The release to take: the one asked for, if the policy lets it, or the newest that it takes.</summary>
    public async Task<string> ChooseVersionAsync(EnvironmentSpec environment, CancellationToken cancellationToken)
    {
        var policy = environment.Policy.ToVersionPolicy();
        if (request.Version.Length == 0)
        {
            return (await NewestAsync(policy, cancellationToken))?.ToString()
                ?? throw RolloutRefusals.NothingPasses(request);
        }

        var exists = SemanticVersion.TryParse(request.Version, out var version) && await context.Releases.AnyAsync(
            row => row.Application == request.Application && row.Version == request.Version,
            cancellationToken);
        if (!exists)
        {
            throw RolloutRefusals.NoRelease(request.Application, request.Version);
        }

        return policy.RefusalOf(version!) is { } why
            ? throw RolloutRefusals.PolicyRefuses(request.Version, why)
            : request.Version;
    }

    /// <summary>Freezes agents, strategy and spec into a rollout that has not begun.</summary>
    public async Task<RolloutRow> CreateAsync(
        EnvironmentRow environment,
        EnvironmentSpec spec,
        string version,
        CancellationToken cancellationToken)
    {
        var application = ApplicationStore.SpecOf(
            await ApplicationStore.GetAsync(context, request.Application, cancellationToken));
        var effective = EnvironmentSpec.EffectiveSpec(application, spec);
        var targets = await TargetsAsync(spec, version, SpecJson.Write(effective), cancellationToken);
        if (targets.Count == 0)
        {
            throw RolloutRefusals.NoTargets(request);
        }

        if (effective is AgentSpec)
        {
            await DemandOneAgentAsync(targets, cancellationToken);
        }

        if (environment.CurrentVersion == version
            && targets.TrueForAll(target => target.Phase == DeploymentPhase.Committed))
        {
            throw RolloutRefusals.NothingToDo(request, version);
        }

        var document = new RolloutDocument
        {
            Engine = new Rollout { Plan = PlanOf(spec.Strategy, targets.Count), Targets = targets, ProgressAt = now },
            Strategy = spec.Strategy,
            Spec = effective,
            PreviousSpecs = _previousSpecs,
        };
        return new RolloutRow
        {
            Id = Guid.CreateVersion7(now),
            Application = request.Application,
            Environment = request.Environment,
            FromVersion = environment.CurrentVersion ?? "",
            ToVersion = version,
            State = (int)RolloutState.Pending,
            StateJson = document.Write(),
            Reason = request.Reason,
            IdempotencyKey = request.IdempotencyKey.Length == 0 ? null : request.IdempotencyKey,
            CreatedAt = now,
            NextTimerAt = now,
            IsActive = true,
        };
    }

    // A host has one agent: two applications that each want to decide which would take turns for ever.
    private async Task DemandOneAgentAsync(List<RolloutTarget> targets, CancellationToken cancellationToken)
    {
        var others = await context.Workloads.AsNoTracking()
            .Where(row => row.Application != request.Application || row.Environment != request.Environment)
            .Where(row => row.SpecJson.StartsWith(SpecJson.AgentMark))
            .ToListAsync(cancellationToken);
        var taken = others.Find(row => targets.Exists(target => target.AgentId == row.AgentId));
        if (taken is not null)
        {
            throw RolloutRefusals.AgentTaken(request, taken, targets.Find(one => one.AgentId == taken.AgentId)!);
        }
    }

    private static RolloutPlan PlanOf(StrategySpec strategy, int agents) => new(
        Resolve(strategy.BatchSize, agents),
        Resolve(strategy.MaxUnavailable, agents),
        strategy.Bake,
        strategy.ProgressDeadline,
        strategy.MaxFailures);

    private static int Resolve(string text, int agents) =>
        Share.TryParse(text, out var share) ? share.Of(agents) : Share.One.Of(agents);

    private async Task<SemanticVersion?> NewestAsync(VersionPolicy policy, CancellationToken cancellationToken)
    {
        var releases = await context.Releases
            .Where(row => row.Application == request.Application)
            .Select(row => new
            {
                row.Version,
                Platforms = row.Artifacts.Select(artifact => artifact.Platform).ToList(),
            })
            .ToListAsync(cancellationToken);
        return policy.Newest(releases.Select(row => new VersionCandidate(
            SemanticVersion.Parse(row.Version),
            [.. row.Platforms.Select(platform => new Platform(platform))])))?.Version;
    }

    private async Task<List<RolloutTarget>> TargetsAsync(
        EnvironmentSpec spec,
        string version,
        string specJson,
        CancellationToken cancellationToken)
    {
        var agents = await context.Agents.AsNoTracking()
            .Where(agent => agent.RemovedAt == null)
            .OrderBy(agent => agent.Name)
            .ToListAsync(cancellationToken);
        var workloads = await context.Workloads.AsNoTracking()
            .Where(row => row.Application == request.Application && row.Environment == request.Environment)
            .ToDictionaryAsync(row => row.AgentId, cancellationToken);
        var targets = new List<RolloutTarget>();
        foreach (var agent in agents.Where(agent => spec.Selects(AgentLabels.FromJson(agent.LabelsJson))))
        {
            var workload = workloads.GetValueOrDefault(agent.Id);
            var last = await WorkloadOrder.LastVersionAsync(context, workload, cancellationToken);
            if (workload is not null && last == workload.Version)
            {
                _previousSpecs.TryAdd(last, SpecJson.Read<RuntimeSpec>(workload.SpecJson));
            }

            var hasIt = last == version && workload?.Version == version && SameSpec(workload.SpecJson, specJson);
            targets.Add(new RolloutTarget
            {
                AgentId = agent.Id,
                AgentName = agent.Name,
                DeploymentId = hasIt ? workload!.DeploymentId : Guid.CreateVersion7(now),
                RevertId = Guid.CreateVersion7(now),
                PreviousVersion = last,
                Phase = hasIt ? DeploymentPhase.Committed : DeploymentPhase.Waiting,
            });
        }

        return targets;
    }

    // Read and written again: what an earlier release wrote lacks the fields that came later.
    private static bool SameSpec(string stored, string wanted) =>
        stored == wanted || SpecJson.Write(SpecJson.Read<ServerSpec>(stored)) == wanted;
}
