using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Storage;

namespace Slipway.ControlPlane.Identity;

internal static class IdentitySlice
{
    public static IServiceCollection AddIdentity(this IServiceCollection services)
    {
        services.AddOptions<IdentityOptions>().BindConfiguration(IdentityOptions.Section);
        services.AddSingleton(provider =>
        {
            // Whoever has the database has the data directory: two must not each make an authority there.
            provider.GetRequiredService<Database>();
            return CertificateAuthority.Open(provider.DataDirectory(), provider.GetRequiredService<TimeProvider>());
        });
        services.AddSingleton<Authenticator>();
        services.AddHostedService<IdentityLifetime>();
        services.AddSingleton<ServerCertificate>();
        services.AddHostedService(provider => provider.GetRequiredService<ServerCertificate>());
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>, Listeners>();
        services.AddGrpc(grpc => grpc.Interceptors.Add<CallerInterceptor>());
        return services;
    }

    /// <summary>After routing, before anything that wants to know the caller.</summary>
    public static IApplicationBuilder UseCallers(this IApplicationBuilder app) => app.UseMiddleware<CallerMiddleware>();

    public static void MapIdentity(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGet("/v1/ca", (CertificateAuthority authority) =>
                Results.Text(authority.Certificate.ExportCertificatePem() + "\n", "application/x-pem-file"))
            .AllowAnonymous();
}
