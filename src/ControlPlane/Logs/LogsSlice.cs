namespace Slipway.ControlPlane.Logs;

internal static class LogsSlice
{
    public static IServiceCollection AddLogs(this IServiceCollection services)
    {
        services.AddSingleton<TailHub>();
        services.AddSingleton<TailTargets>();
        services.AddSingleton<TailParts>();
        services.AddSingleton<TailBridge>();
        return services.AddHostedService(provider => provider.GetRequiredService<TailBridge>());
    }

    public static void MapLogs(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<LogsService>();
}
