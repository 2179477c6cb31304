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
            var metadata = context.GetEndpoint()?.Metadata;
            var method = metadata?.GetMetadata<GrpcMethodMetadata>()?.Method;
            if (method is null or { Type: MethodType.Unary }
                || metadata?.GetMetadata<EndsByItselfAttribute>() is not null)
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

/// <summary>On a streaming method: it says goodbye before it ends when the host stops.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class EndsByItselfAttribute : Attribute;
