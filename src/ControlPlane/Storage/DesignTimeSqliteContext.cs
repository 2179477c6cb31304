using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Slipway.ControlPlane.Storage;

/// <summary>What <c>dotnet ef</c> makes the SQLite migrations from.</summary>
internal sealed class DesignTimeSqliteContext : IDesignTimeDbContextFactory<SqliteSlipwayContext>
{
    public SqliteSlipwayContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<SqliteSlipwayContext>().UseSqlite("Data Source=:memory:").Options);
}

/// <summary>What <c>dotnet ef</c> makes the PostgreSQL migrations from.</summary>
internal sealed class DesignTimePostgresContext : IDesignTimeDbContextFactory<PostgresSlipwayContext>
{
    public PostgresSlipwayContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<PostgresSlipwayContext>().UseNpgsql("Host=design.invalid").Options);
}
