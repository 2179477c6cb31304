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
        services.AddSingleton(provider => DataDirectoryLock.Take(provider.DataDirectory()));
        services.AddSingleton(Create);
        services.AddHostedService<StorageLifetime>();
        services.AddHealthChecks().AddCheck<DatabaseHealthCheck>("database");
        return services;
    }

    private static Database Create(IServiceProvider services)
    {
        var storage = services.GetRequiredService<IOptions<StorageOptions>>().Value;
        var directory = services.DataDirectory();
        Directory.CreateDirectory(
            directory,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (storage.Provider == StorageOptions.Postgres)
        {
            return new PostgresDatabase(storage.ConnectionString!);
        }

        services.GetRequiredService<DataDirectoryLock>();
        return new SqliteDatabase(Path.Combine(directory, "slipway.db"));
    }
}
