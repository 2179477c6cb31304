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
        string application, string environment, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var (all, running) = await database.ReadAsync(
            async (context, token) =>
            {
                await EnvironmentStore.GetAsync(context, application, environment, token);
                var agents = context.Agents.Where(row => row.RemovedAt == null);
                return (
                    names.Count == 0 ? [] : await agents
                        .Select(row => new TailTarget(row.Id, row.Name)).ToListAsync(token),
                    await agents
                        .Where(row => row.Workloads.Any(workload =>
                            workload.Application == application && workload.Environment == environment))
                        .OrderBy(row => row.Name)
                        .Select(row => new TailTarget(row.Id, row.Name)).ToListAsync(token));
            },
            cancellationToken);
        if (names.Count == 0)
        {
            return running.Count > 0 ? running : throw new ProblemException(Problem.NotFound(
                "WORKLOAD_NOT_FOUND", $"No agent runs {application}/{environment}: roll a release out first."));
        }

        return [.. names.Select(name => FindOne(name, all, running, $"{application}/{environment}")).Distinct()];
    }

    private static TailTarget FindOne(
        string name, List<TailTarget> all, List<TailTarget> running, string workload)
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
