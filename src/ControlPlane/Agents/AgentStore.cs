using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Agents;

/// <summary>The agents that are enrolled and not removed.</summary>
internal sealed class AgentStore(Database database, AuditLog audit, IHintBus hints, TimeProvider time)
{
    private const int BatchSize = 500;

    /// <summary>By id or name, with its workloads.</summary>
    /// <exception cref="ProblemException">AGENT_NOT_FOUND.</exception>
    public Task<AgentRow> GetAsync(string idOrName, CancellationToken cancellationToken) => database.ReadAsync(
        (tables, token) => FindAsync(tables.Agents.Include(row => row.Workloads), idOrName, token),
        cancellationToken);

    /// <summary>Those after a name, in the order of their names, with their workloads.</summary>
    public async Task<IReadOnlyList<AgentRow>> ListAsync(
        IReadOnlyDictionary<string, string> selector,
        string afterName,
        int count,
        CancellationToken cancellationToken)
    {
        var found = new List<AgentRow>();
        while (found.Count < count)
        {
            var batch = await BatchAsync(afterName, selector.Count == 0 ? count : BatchSize, cancellationToken);
            found.AddRange(batch.Where(row => AgentLabels.Match(AgentLabels.FromJson(row.LabelsJson), selector)));
            if (selector.Count == 0 || batch.Count < BatchSize)
            {
                break;
            }

            afterName = batch[^1].Name;
        }

        return [.. found.Take(count)];
    }

    public async Task RemoveAsync(string idOrName, Caller caller, CancellationToken cancellationToken)
    {
        var id = await database.WriteAsync(
            async (tables, token) =>
            {
                var agent = await FindAsync(tables.Agents, idOrName, token);
                agent.RemovedAt = time.GetUtcNow();

                // So that whoever holds its session looks at it again even if the hint gets lost.
                agent.DesiredRevision++;
                await tables.Workloads.Where(row => row.AgentId == agent.Id).ExecuteDeleteAsync(token);
                audit.Append(tables, caller, "agent.remove", $"agent/{agent.Name}", $"id {agent.Id}");
                return agent.Id;
            },
            cancellationToken);
        hints.Publish(HintTopic.Agent(id));
    }

    private static async Task<AgentRow> FindAsync(
        IQueryable<AgentRow> agents,
        string idOrName,
        CancellationToken cancellationToken)
    {
        var present = agents.Where(row => row.RemovedAt == null);
        var agent = Guid.TryParseExact(idOrName, "D", out var id)
            ? await present.SingleOrDefaultAsync(row => row.Id == id, cancellationToken)
            : await present.SingleOrDefaultAsync(row => row.Name == idOrName, cancellationToken);
        return agent ?? throw new ProblemException(
            Problem.NotFound("AGENT_NOT_FOUND", $"There is no agent '{idOrName}'; list them for their names."));
    }

    private Task<List<AgentRow>> BatchAsync(string afterName, int count, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (tables, token) => tables.Agents.Include(row => row.Workloads)
                .Where(row => row.RemovedAt == null && string.Compare(row.Name, afterName) > 0)
                .OrderBy(row => row.Name).Take(count).ToListAsync(token),
            cancellationToken);
}
