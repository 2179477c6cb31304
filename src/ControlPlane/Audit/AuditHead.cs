using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;

namespace Slipway.ControlPlane.Audit;

/// <summary>The last entry of the log, kept beside it: so entries cannot vanish from its end unseen.</summary>
internal sealed record AuditHead(long Sequence, byte[] Hash)
{
    public static async Task<AuditHead> ReadAsync(SlipwayContext context, CancellationToken cancellationToken)
    {
        var setting = await context.Settings.AsNoTracking()
            .SingleOrDefaultAsync(row => row.Key == SettingRow.AuditHead, cancellationToken);
        return setting?.Value.Split(':') is [var sequence, var hash]
            ? new AuditHead(long.Parse(sequence, CultureInfo.InvariantCulture), Convert.FromHexString(hash))
            : new AuditHead(0, AuditChain.Origin);
    }

    public async Task WriteAsync(SlipwayContext context, CancellationToken cancellationToken)
    {
        var value = string.Create(CultureInfo.InvariantCulture, $"{Sequence}:{Convert.ToHexStringLower(Hash)}");
        var changed = await context.Settings.Where(row => row.Key == SettingRow.AuditHead)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.Value, value), cancellationToken);
        if (changed == 0)
        {
            context.Settings.Add(new SettingRow { Key = SettingRow.AuditHead, Value = value });
        }
    }
}
