using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Storage.Rows;

namespace Slipway.ControlPlane.Storage;

/// <summary>Makes the database ready before all else starts, and notes an orderly end after all else.</summary>
internal sealed partial class StorageLifetime(
    Database database,
    ILogger<StorageLifetime> logger) : IHostedService
{
    // With several control planes on one server, one that dies says nothing about the data.
    private readonly bool _isAlone = database is SqliteDatabase;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await database.MigrateAsync(cancellationToken);
        await database.WriteAsync(BeginAsync, cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_isAlone)
        {
            await database.WriteAsync(
                (context, token) => context.Settings.Where(row => row.Key == SettingRow.Running)
                    .ExecuteDeleteAsync(token),
                cancellationToken);
        }
    }

    private async Task BeginAsync(SlipwayContext context, CancellationToken cancellationToken)
    {
        var epoch = await context.Settings.FindAsync([SettingRow.Epoch], cancellationToken);
        if (epoch is null)
        {
            epoch = new SettingRow { Key = SettingRow.Epoch, Value = "1" };
            context.Settings.Add(epoch);
        }

        if (!_isAlone)
        {
            return;
        }

        if (await context.Settings.FindAsync([SettingRow.Running], cancellationToken) is null)
        {
            context.Settings.Add(new SettingRow { Key = SettingRow.Running, Value = "true" });
            return;
        }

        var next = long.Parse(epoch.Value, CultureInfo.InvariantCulture) + 1;
        epoch.Value = next.ToString(CultureInfo.InvariantCulture);
        Log.UncleanStart(logger, next);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "The control plane did not stop in order, or the database was restored: epoch {Epoch} begins")]
        public static partial void UncleanStart(ILogger logger, long epoch);
    }
}
