using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Environments;
using Slipway.ControlPlane.Storage;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Logs;

/// <summary>Finds the agents whose logs are meant.</summary>
internal sealed class TailTargets(Database database)
{
    /// <summary>Those that are named, or all that run the workload.</summary>
    /// <exception cref="ProblemException">ENVIRONMENT_NOT_FOUND, AGENT_NOT_FOUND or WORKLOAD_NOT_FOUND.</exception>
    public async Task<IReadOnlyList<TailTarget>> FindAsync(
        TailWorkload workload, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var (all, running) = await database.ReadAsync(
            async (context, token) =>
            {
                await EnvironmentStore.GetAsync(context, workload.Application, workload.Environment, token);
                return (
                    names.Count == 0 ? [] : await context.Agents.Where(row => row.RemovedAt == null)
                        .Select(row => new TailTarget(row.Id, row.Name)).ToListAsync(token),
                    await RunningAsync(context, workload, token));
            },
            cancellationToken);
        if (names.Count == 0)
        {
            return running.Count > 0 ? running : throw new ProblemException(Problem.NotFound(
                "WORKLOAD_NOT_FOUND", $"No agent runs {workload}: roll a release out first."));
        }

        return [.. names.Select(name => FindOne(name, all, running, workload)).Distinct()];
    }

    /// <summary>All that run the workload.</summary>
    public Task<List<TailTarget>> RunningAsync(TailWorkload workload, CancellationToken cancellationToken) =>
        database.ReadAsync((context, token) => RunningAsync(context, workload, token), cancellationToken);

    private static Task<List<TailTarget>> RunningAsync(
        SlipwayContext context, TailWorkload workload, CancellationToken cancellationToken) => context.Agents
        .Where(row => row.RemovedAt == null && row.Workloads.Any(one =>
            one.Application == workload.Application && one.Environment == workload.Environment))
        .OrderBy(row => row.Name)
        .Select(row => new TailTarget(row.Id, row.Name))
        .ToListAsync(cancellationToken);

    private static TailTarget FindOne(
        string name, List<TailTarget> all, List<TailTarget> running, TailWorkload workload)
    {
        var agent = all.Find(one => one.Name == name || one.Id.ToString() == name)
            ?? throw new ProblemException(Problem.NotFound(
                "AGENT_NOT_FOUND", $"There is no agent '{name}'; list them for their names."));
        return running.Contains(agent) ? agent : throw new ProblemException(Problem.NotFound(
            "WORKLOAD_NOT_FOUND", $"{agent.Name} does not run {workload}."));
    }
}

/// <summary>One agent.</summary>
internal sealed record TailTarget(Guid Id, string Name);

/// <summary>What agents run.</summary>
internal sealed record TailWorkload(string Application, string Environment)
{
    public override string ToString() => $"{Application}/{Environment}";
}
