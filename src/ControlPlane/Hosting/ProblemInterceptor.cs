using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Hosting;

/// <summary>The one place where an exception becomes a gRPC status.</summary>
internal sealed partial class ProblemInterceptor(IHostApplicationLifetime lifetime, ILogger<ProblemInterceptor> logger)
    : CallInterceptor
{
    protected override async Task AroundAsync(ServerCallContext context, Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception exception) when (Translate(exception, context) is { } translated)
        {
            throw translated;
        }
    }

    private RpcException? Translate(Exception exception, ServerCallContext context)
    {
        switch (exception)
        {
            // A stream whose peer or whose server goes away ends with either exception.
            case OperationCanceledException or IOException when lifetime.ApplicationStopping.IsCancellationRequested:
                return new Problem(StatusCode.Unavailable, "STOPPING", "The control plane is stopping; try again.")
                    .ToRpcException();
            case RpcException:
            case OperationCanceledException or IOException when context.CancellationToken.IsCancellationRequested:
                return null;
            case ProblemException refused:
                Log.Refused(logger, context.Method, refused.Problem.Reason);
                return refused.Problem.ToRpcException();
            default:
                Log.Failed(logger, context.Method, exception);
                return new Problem(StatusCode.Internal, "INTERNAL", "The call failed; the server's log says why.")
                    .ToRpcException();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Method} refused: {Reason}")]
        public static partial void Refused(ILogger logger, string method, string reason);

        [LoggerMessage(2, LogLevel.Error, "{Method} failed")]
        public static partial void Failed(ILogger logger, string method, Exception exception);
    }
}
