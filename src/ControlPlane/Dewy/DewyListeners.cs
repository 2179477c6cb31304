using System.Net;
using Grpc.AspNetCore.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Slipway.ControlPlane.Dewy;

/// <summary>Opens the addresses for Dewy hosts, and lets nothing else be asked there, nor them elsewhere.</summary>
internal sealed class DewyListeners(IOptions<DewyOptions> options) : IConfigureOptions<KestrelServerOptions>
{
    private const string ServiceName = "dewy.RegistryService";

    public void Configure(KestrelServerOptions server)
    {
        foreach (var listener in options.Value.Listeners)
        {
            server.Listen(IPEndPoint.Parse(listener.Listen), listen =>
            {
                listen.Protocols = HttpProtocols.Http2;
                listen.Use(next => connection =>
                {
                    connection.Features.Set(listener);
                    return next(connection);
                });
            });
        }
    }

    /// <summary>The listener that the request came in by.</summary>
    public static DewyListener Of(HttpContext context) =>
        Find(context) ?? throw new InvalidOperationException("The request did not come in by a listener of Dewy.");

    /// <summary>Whether the request is where it belongs.</summary>
    public static bool Allows(HttpContext context)
    {
        var isDewy = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.ServiceName
            == ServiceName;
        var isHere = Find(context) is not null;
        return isDewy == isHere;
    }

    private static DewyListener? Find(HttpContext context) => context.Features.Get<DewyListener>();
}
