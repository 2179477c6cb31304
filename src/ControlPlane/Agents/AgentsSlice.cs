namespace Slipway.ControlPlane.Agents;

internal static class AgentsSlice
{
    public static IServiceCollection AddAgents(this IServiceCollection services)
    {
        services.AddSingleton<Enrollment>();
        services.AddSingleton<EnrollmentTokens>();
        services.AddSingleton<AgentStore>();
        return services;
    }

    public static void MapAgents(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<AgentService>();
}
