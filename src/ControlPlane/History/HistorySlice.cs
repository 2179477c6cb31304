namespace Slipway.ControlPlane.History;

internal static class HistorySlice
{
    public static void MapHistory(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<HistoryService>();
}
