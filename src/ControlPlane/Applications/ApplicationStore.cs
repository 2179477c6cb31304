using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Applications;

/// <summary>Applications in their table; every method works inside the caller's transaction.</summary>
internal static class ApplicationStore
{
    public static ApplicationSpec SpecOf(ApplicationRow row) => new()
    {
        Name = row.Name,
        Description = row.Description,
        Runtime = SpecJson.Read<RuntimeSpec>(row.SpecJson),
    };

    public static Task<ApplicationRow?> FindAsync(
        SlipwayContext context,
        string name,
        CancellationToken cancellationToken) =>
        context.Applications.SingleOrDefaultAsync(row => row.Name == name, cancellationToken);

    /// <exception cref="ProblemException">APPLICATION_NOT_FOUND.</exception>
    public static async Task<ApplicationRow> GetAsync(
        SlipwayContext context,
        string name,
        CancellationToken cancellationToken) =>
        await FindAsync(context, name, cancellationToken) ?? throw new ProblemException(Problem.NotFound(
            "APPLICATION_NOT_FOUND",
            $"There is no application '{name}'; look with 'deployctl app list' or create it with 'deployctl apply'."));

    /// <summary>Writes a spec to a new row, or to the one that is there.</summary>
    public static async Task<ApplicationRow> SaveAsync(
        SlipwayContext context,
        ApplicationRow? row,
        ApplicationSpec spec,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        row ??= context.Applications.Add(new ApplicationRow { Name = spec.Name, CreatedAt = now }).Entity;
        row.Description = spec.Description;
        row.SpecJson = SpecJson.Write(spec.Runtime);
        row.UpdatedAt = now;
        await context.SaveChangesAsync(cancellationToken);
        return row;
    }
}
