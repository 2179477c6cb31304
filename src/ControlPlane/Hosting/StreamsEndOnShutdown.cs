using Grpc.AspNetCore.Server;
using Grpc.Core;

namespace Slipway.ControlPlane.Hosting;

/// <summary>Cancels open streams when the host stops: otherwise each holds the shutdown up until its timeout.</summary>
/// <remarks>A middleware, since an interceptor runs after the call context has taken the request's token.</remarks>
internal static class StreamsEndOnShutdown
{
    public static IApplicationBuilder UseStreamsEndOnShutdown(this IApplicationBuilder app)
    {
        var stopping = app.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        return app.Use(async (context, next) =>
        {
            var method = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method;
            if (method is null or { Type: MethodType.Unary })
            {
                await next(context);
                return;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
            context.RequestAborted = either.Token;
            await next(context);
        });
    }
}
