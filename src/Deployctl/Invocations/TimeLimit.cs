using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Invocations;

/// <summary>Ends a command that takes longer than <c>--timeout</c> says.</summary>
internal sealed class TimeLimit : IDisposable
{
    private readonly CancellationToken _ended;
    private readonly CancellationTokenSource _timer;
    private readonly CancellationTokenSource _either;

    public TimeLimit(Invocation invocation, CancellationToken ended)
    {
        _ended = ended;
        _timer = invocation.Timeout is { } timeout
            ? new CancellationTokenSource(timeout, invocation.Terminal.Time)
            : new CancellationTokenSource();
        _either = CancellationTokenSource.CreateLinkedTokenSource(_timer.Token, ended);
    }

    /// <summary>Runs the work; ended early, the refusal says why, and how things stand.</summary>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, string afterwards)
    {
        try
        {
            return await work(_either.Token);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException && _ended.IsCancellationRequested)
        {
            throw new ProblemException(
                new Problem(StatusCode.Cancelled, "INTERRUPTED", $"interrupted: {afterwards}"), e);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException && _timer.IsCancellationRequested)
        {
            throw new ProblemException(
                new Problem(StatusCode.DeadlineExceeded, "TIMED_OUT", $"--timeout is over: {afterwards}"), e);
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _timer.Dispose();
    }
}
