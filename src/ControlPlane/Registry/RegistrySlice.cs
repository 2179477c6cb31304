using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Slipway.ControlPlane.Registry;

internal static class RegistrySlice
{
    public static IServiceCollection AddRegistry(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<SessionOptions, SessionOptionsValidator>()
            .BindConfiguration(SessionOptions.Section);
        services.TryAddSingleton<Random>(_ => new Random());
        services.AddSingleton<SessionHub>();
        services.AddSingleton<SessionStore>();
        services.AddSingleton<SessionReaderService>();
        services.AddSingleton<SessionWriterService>();
        services.AddSingleton<SessionParts>();
        services.AddSingleton<CurrentService>();
        return services.AddHostedService<SessionLoop>();
    }

    public static void MapRegistry(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<RegistryService>();
}
