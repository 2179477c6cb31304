namespace Slipway.ControlPlane.Tokens;

internal static class TokensSlice
{
    public static void MapTokens(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<TokenService>();
}
