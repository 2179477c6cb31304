using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.History;

/// <summary>Deployments in their table.</summary>
internal static class HistoryStore
{
    /// <summary>So many of a deployment's ends are given in a list, and of one that was asked for by its id.</summary>
    private const int EndsInList = 3;

    private const int EndsOfOne = 100;

    /// <summary>Newest first, and one more than asked for if there is one.</summary>
    public static Task<List<DeploymentRow>> ListAsync(
        SlipwayContext context,
        HistoryFilter filter,
        CancellationToken cancellationToken)
    {
        var ends = filter.Id.Length > 0 ? EndsOfOne : EndsInList;
        var all = context.Deployments.Include(row => row.Phases)
            .Include(row => row.Ends.OrderByDescending(end => end.Run).Take(ends))
            .AsSplitQuery();
        var rows = InTime(ByNames(all, filter), filter);
        if (filter.Phases.Count > 0)
        {
            rows = rows.Where(row => filter.Phases.Contains(row.Phase));
        }

        if (filter.After is [var ticks, var id])
        {
            var (at, key) = PositionOf(ticks, id);
            rows = rows.Where(row => row.CreatedAt < at || (row.CreatedAt == at && row.Id.CompareTo(key) < 0));
        }

        return rows.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id)
            .Take(filter.Size + 1)
            .ToListAsync(cancellationToken);
    }

    /// <summary>Reads the position in a page token: a time and an id.</summary>
    public static (DateTimeOffset At, Guid Id) PositionOf(string ticks, string id) =>
        long.TryParse(ticks, CultureInfo.InvariantCulture, out var number)
        && number >= 0 && number <= DateTime.MaxValue.Ticks
        && Guid.TryParse(id, out var key)
            ? (new DateTimeOffset(number, TimeSpan.Zero), key)
            : throw new ProblemException(Problem.InvalidField("page_token", "is not one that this list gave."));

    private static IQueryable<DeploymentRow> ByNames(IQueryable<DeploymentRow> rows, HistoryFilter filter)
    {
        if (filter.Id.Length > 0)
        {
            rows = Guid.TryParse(filter.Id, out var id)
                ? rows.Where(row => row.Id == id)
                : throw new ProblemException(Problem.InvalidField("id", "is not the id of a deployment."));
        }

        rows = filter.Application.Length == 0 ? rows : rows.Where(row => row.Application == filter.Application);
        rows = filter.Environment.Length == 0 ? rows : rows.Where(row => row.Environment == filter.Environment);
        rows = filter.Version.Length == 0 ? rows : rows.Where(row => row.Version == filter.Version);
        if (filter.Agent.Length > 0)
        {
            rows = Guid.TryParse(filter.Agent, out var agent)
                ? rows.Where(row => row.AgentId == agent)
                : rows.Where(row => row.AgentName == filter.Agent);
        }

        if (filter.RolloutId.Length == 0)
        {
            return rows;
        }

        return Guid.TryParse(filter.RolloutId, out var rollout)
            ? rows.Where(row => row.RolloutId == rollout)
            : throw new ProblemException(Problem.InvalidField("rollout_id", "is not the id of a rollout."));
    }

    private static IQueryable<DeploymentRow> InTime(IQueryable<DeploymentRow> rows, HistoryFilter filter)
    {
        rows = filter.Since is { } since ? rows.Where(row => row.CreatedAt >= since) : rows;
        return filter.Until is { } until ? rows.Where(row => row.CreatedAt < until) : rows;
    }
}
