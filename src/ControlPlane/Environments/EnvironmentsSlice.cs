namespace Slipway.ControlPlane.Environments;

internal static class EnvironmentsSlice
{
    public static void MapEnvironments(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGrpcService<EnvironmentService>();
}
