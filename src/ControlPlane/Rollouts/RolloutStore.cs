using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Rollouts in their table; every method works inside the caller's transaction.</summary>
internal static class RolloutStore
{
    public static ProblemException NotFound(string id) => new(Problem.NotFound(
        "ROLLOUT_NOT_FOUND",
        $"There is no rollout '{id}'; look with 'deployctl rollout list'."));

    /// <exception cref="ProblemException">ROLLOUT_NOT_FOUND.</exception>
    public static async Task<RolloutRow> GetAsync(
        SlipwayContext context,
        string id,
        CancellationToken cancellationToken) =>
        Guid.TryParse(id, out var key)
            ? await context.Rollouts.SingleOrDefaultAsync(row => row.Id == key, cancellationToken) ?? throw NotFound(id)
            : throw NotFound(id);

    public static Task<RolloutRow?> ActiveAsync(
        SlipwayContext context,
        string application,
        string environment,
        CancellationToken cancellationToken) =>
        context.Rollouts.SingleOrDefaultAsync(
            row => row.IsActive && row.Application == application && row.Environment == environment,
            cancellationToken);

    public static Task<List<Guid>> ActiveIdsAsync(SlipwayContext context, CancellationToken cancellationToken) =>
        context.Rollouts.Where(row => row.IsActive).Select(row => row.Id).ToListAsync(cancellationToken);

    /// <summary>Newest first, and one more than asked for if there is one.</summary>
    public static Task<List<RolloutRow>> ListAsync(
        SlipwayContext context,
        RolloutFilter filter,
        CancellationToken cancellationToken)
    {
        var rows = context.Rollouts.AsQueryable();
        if (filter.Application is not null)
        {
            rows = rows.Where(row => row.Application == filter.Application);
        }

        if (filter.Environment is not null)
        {
            rows = rows.Where(row => row.Environment == filter.Environment);
        }

        if (filter.States.Count > 0)
        {
            rows = rows.Where(row => filter.States.Contains(row.State));
        }

        if (filter.After is [var ticks, var id] && HistoryStore.PositionOf(ticks, id) is var (at, key))
        {
            rows = rows.Where(row => row.CreatedAt < at || (row.CreatedAt == at && row.Id.CompareTo(key) < 0));
        }

        return rows.OrderByDescending(row => row.CreatedAt).ThenByDescending(row => row.Id)
            .Take(filter.Size + 1)
            .ToListAsync(cancellationToken);
    }
}
