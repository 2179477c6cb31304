using Grpc.Core;
using Slipway.ControlPlane.Hosting;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Identity;

/// <summary>Ends a call whose credentials were refused before its service sees it.</summary>
internal sealed class CallerInterceptor : CallInterceptor
{
    protected override Task AroundAsync(ServerCallContext context, Func<Task> call) =>
        context.GetHttpContext().Features.Get<RefusedCredentials>() is { } refused
            ? throw new ProblemException(refused.Problem)
            : call();
}
