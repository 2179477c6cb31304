using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Storage;

namespace Slipway.ControlPlane;

/// <summary>The whole control plane, put together: the program and the tests start the same one.</summary>
internal static class ControlPlaneApp
{
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.Services.AddHosting();
        builder.Services.AddStorage();
        return builder.Build();
    }
}
