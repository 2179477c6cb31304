using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Environments;

/// <summary>Environments in their table; every method works inside the caller's transaction.</summary>
internal static class EnvironmentStore
{
    public static EnvironmentSpec SpecOf(EnvironmentRow row) => new()
    {
        Application = row.Application,
        Name = row.Name,
        Selector = SpecJson.Read<Dictionary<string, string>>(row.SelectorJson),
        Policy = SpecJson.Read<PolicySpec>(row.PolicyJson),
        Strategy = SpecJson.Read<StrategySpec>(row.StrategyJson),
        Variables = SpecJson.Read<Dictionary<string, string>>(row.VariablesJson),
    };

    public static Task<EnvironmentRow?> FindAsync(
        SlipwayContext context,
        string application,
        string name,
        CancellationToken cancellationToken) =>
        context.Environments.SingleOrDefaultAsync(
            row => row.Application == application && row.Name == name,
            cancellationToken);

    /// <exception cref="ProblemException">ENVIRONMENT_NOT_FOUND.</exception>
    public static async Task<EnvironmentRow> GetAsync(
        SlipwayContext context,
        string application,
        string name,
        CancellationToken cancellationToken) =>
        await FindAsync(context, application, name, cancellationToken) ?? throw new ProblemException(Problem.NotFound(
            "ENVIRONMENT_NOT_FOUND",
            $"The application '{application}' has no environment '{name}'; look with 'deployctl env list' or create it "
            + "with 'deployctl apply'."));

    /// <summary>Writes a spec to a new row, or to the one that is there.</summary>
    public static async Task<EnvironmentRow> SaveAsync(
        SlipwayContext context,
        EnvironmentRow? row,
        EnvironmentSpec spec,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        row ??= context.Environments.Add(New(spec, now)).Entity;
        row.SelectorJson = SpecJson.Write(spec.Selector);
        row.PolicyJson = SpecJson.Write(spec.Policy);
        row.StrategyJson = SpecJson.Write(spec.Strategy);
        row.VariablesJson = SpecJson.Write(spec.Variables);
        row.UpdatedAt = now;
        await context.SaveChangesAsync(cancellationToken);
        return row;
    }

    private static EnvironmentRow New(EnvironmentSpec spec, DateTimeOffset now) =>
        new() { Application = spec.Application, Name = spec.Name, CreatedAt = now };
}
