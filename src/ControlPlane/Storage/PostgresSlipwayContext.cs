using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Slipway.ControlPlane.Storage;

internal sealed class PostgresSlipwayContext(DbContextOptions<PostgresSlipwayContext> options) : SlipwayContext(options)
{
    public override Task SerializeAsync(long key, CancellationToken cancellationToken) =>
        Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({key})", cancellationToken);

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<Utc>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        base.OnModelCreating(modelBuilder);
        var texts = modelBuilder.Model.GetEntityTypes()
            .SelectMany(type => type.GetProperties())
            .Where(property => property.ClrType == typeof(string));
        foreach (var text in texts)
        {
            // By ordinal, as SQLite and .NET sort, whatever the locale of the database is.
            text.SetCollation("C");
        }
    }

    /// <summary>The driver takes only points in time whose offset is zero.</summary>
    private sealed class Utc() : ValueConverter<DateTimeOffset, DateTimeOffset>(
        time => time.ToUniversalTime(),
        time => time);
}
