namespace Slipway.ControlPlane.Applications;

internal static class ApplicationsSlice
{
    public static void MapApplications(this IEndpointRouteBuilder endpoints) =>
        endpoints.MapGrpcService<ApplicationService>();
}
