using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Tests.Integration.Kit;

namespace Tests.Integration.ControlPlane;

/// <summary>The database of one test's control planes: a file in each one's folder, or one on the server.</summary>
internal sealed class TestStorage(PostgresServer? postgres)
{
    private string? _connectionString;

    public async Task<ControlPlaneHost> StartAsync(
        Action<WebApplicationBuilder>? configure = null,
        string? folder = null)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        if (postgres is not null)
        {
            _connectionString ??= await postgres.CreateDatabaseAsync(cancellationToken);
        }

        return await ControlPlaneHost.StartAsync(
            cancellationToken,
            builder =>
            {
                if (_connectionString is not null)
                {
                    builder.Configuration.AddInMemoryCollection(
                    [
                        new("Storage:Provider", "postgres"),
                        new("Storage:ConnectionString", _connectionString),
                    ]);
                }

                configure?.Invoke(builder);
            },
            folder);
    }
}
