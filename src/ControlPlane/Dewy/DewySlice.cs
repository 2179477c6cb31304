using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Slipway.ControlPlane.Dewy;

internal static class DewySlice
{
    public static IServiceCollection AddDewy(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<DewyOptions, DewyOptionsValidator>()
            .BindConfiguration(DewyOptions.Section);
        services.AddSingleton<DewyListeners>();
        return services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(
            provider => provider.GetRequiredService<DewyListeners>());
    }

    /// <summary>After routing: each listener serves its own methods only.</summary>
    public static IApplicationBuilder UseDewy(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (DewyListeners.Allows(context))
        {
            await next(context);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status404NotFound;
    });

    public static void MapDewy(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGrpcService<DewyService>().AllowAnonymous();
}
