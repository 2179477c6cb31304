using Microsoft.Extensions.Options;
using Slipway.ControlPlane.Hosting;

namespace Slipway.ControlPlane.Storage;

internal static class StorageSlice
{
    /// <summary>Comes first: hosted services start in the order in which they were added.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<StorageOptions, StorageOptionsValidator>()
            .BindConfiguration(StorageOptions.Section);
        services.AddSingleton(Create);
        services.AddHostedService<StorageLifetime>();
        services.AddHealthChecks().AddCheck<DatabaseHealthCheck>("database");
        return services;
    }

    private static Database Create(IServiceProvider services)
    {
        var storage = services.GetRequiredService<IOptions<StorageOptions>>().Value;
        var directory = services.GetRequiredService<IOptions<HostingOptions>>().Value.DataDirectory;
        return storage.Provider == StorageOptions.Postgres
            ? new PostgresDatabase(storage.ConnectionString!)
            : new SqliteDatabase(Path.Combine(directory, "slipway.db"));
    }
}
