using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Slipway.ControlPlane.Storage.Rows;

namespace Slipway.ControlPlane.Storage;

internal sealed class DatabaseHealthCheck(Database database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default) =>
        await database.ReadAsync(
            (tables, token) => tables.Settings.AnyAsync(row => row.Key == SettingRow.Epoch, token),
            cancellationToken)
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("The database has lost its settings.");
}
