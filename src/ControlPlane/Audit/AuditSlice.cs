namespace Slipway.ControlPlane.Audit;

internal static class AuditSlice
{
    /// <summary>Before identity: what refuses a call must run inside what writes refusals down.</summary>
    public static IServiceCollection AddAudit(this IServiceCollection services)
    {
        services.AddSingleton<AuditLog>();
        services.AddSingleton<AuditVerifier>();
        services.AddSingleton<DenialBudget>();
        services.AddSingleton<AuditLoop>();
        services.AddHostedService(provider => provider.GetRequiredService<AuditLoop>());
        services.AddHealthChecks().AddCheck<AuditLoop>("audit");
        services.AddGrpc(grpc => grpc.Interceptors.Add<DenialInterceptor>());
        return services;
    }

    public static void MapAudit(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<AuditService>();
}
