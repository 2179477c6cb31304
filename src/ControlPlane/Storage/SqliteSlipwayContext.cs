using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Slipway.ControlPlane.Storage;

internal sealed class SqliteSlipwayContext(DbContextOptions<SqliteSlipwayContext> options) : SlipwayContext(options)
{
    // BEGIN IMMEDIATE has done it.
    public override Task SerializeAsync(long key, CancellationToken cancellationToken) => Task.CompletedTask;

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicks>();

    /// <summary>SQLite has no type that keeps, compares and sorts points in time; a number does.</summary>
    private sealed class UtcTicks() : ValueConverter<DateTimeOffset, long>(
        time => time.UtcTicks,
        ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
}
