using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting.Systemd;
using Microsoft.Extensions.Options;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Slipway.ControlPlane.Hosting;

internal static class HostingSlice
{
    public static IServiceCollection AddHosting(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<HostingOptions, HostingOptionsValidator>()
            .BindConfiguration(HostingOptions.Section)
            .PostConfigure(options => options.DataDirectory = Path.GetFullPath(options.DataDirectory));
        services.TryAddSingleton(TimeProvider.System);
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 0 })
        {
            // Not AddSystemd: that looks for a parent named systemd, and a hardened unit does not see its parent.
            services.AddSingleton<ISystemdNotifier, SystemdNotifier>();
            services.AddSingleton<IHostLifetime, SystemdLifetime>();
        }

        services.AddGrpc(grpc => grpc.Interceptors.Add<ProblemInterceptor>());
        services.AddGrpcReflection();
        services.AddGrpcHealthChecks();
        services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("slipway-control-plane"));
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddAspNetCoreInstrumentation()
            .AddRuntimeInstrumentation()
            .AddMeter("Slipway.*")
            .AddPrometheusExporter());
        return services;
    }

    public static void MapHosting(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcHealthChecksService().AllowAnonymous();
        endpoints.MapGrpcReflectionService();
        endpoints.MapHealthChecks("/healthz").AllowAnonymous();
        endpoints.MapPrometheusScrapingEndpoint("/metrics");
    }

    /// <summary>The directory for everything that this control plane keeps in files.</summary>
    public static string DataDirectory(this IServiceProvider services) =>
        services.GetRequiredService<IOptions<HostingOptions>>().Value.DataDirectory;
}
