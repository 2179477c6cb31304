using Slipway.ControlPlane.Releases;

namespace Slipway.ControlPlane.Rollouts;

internal static class RolloutsSlice
{
    public static IServiceCollection AddRollouts(this IServiceCollection services)
    {
        services.AddSingleton<RolloutDriver>();
        services.AddSingleton<RolloutOpener>();
        services.AddSingleton<IRolloutOpener>(provider => provider.GetRequiredService<RolloutOpener>());
        services.AddSingleton<CatchUp>();
        services.AddSingleton<RolloutRound>();
        return services.AddHostedService<RolloutLoop>();
    }

    public static void MapRollouts(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<RolloutService>();
}
