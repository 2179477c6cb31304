using System.CommandLine;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Invocations;

/// <summary>A command that does something, with examples for its help.</summary>
internal abstract class LeafCommand : Command
{
    protected LeafCommand(Shell shell, string name, string description, params IReadOnlyList<string> examples)
        : base(name, description)
    {
        Examples = examples;
        SetAction(async (parse, cancellationToken) =>
        {
            using var invocation = new Invocation(shell, parse);
            return (int)await GuardAsync(invocation, cancellationToken);
        });
    }

    public IReadOnlyList<string> Examples { get; }

    protected abstract Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken);

    private async Task<ExitCode> GuardAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(invocation, cancellationToken);
        }
        catch (RpcException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("The user ended the command.", e, cancellationToken);
        }
        catch (RpcException e) when (invocation.Server is { } server)
        {
            throw new ProblemException(Refusal.Of(e, server, invocation.Timeout is not null), e);
        }
        catch (Exception e) when (invocation.Server is { } server && IsConnectionFailure(e, cancellationToken))
        {
            throw new ProblemException(Refusal.Of(e, server), e);
        }
    }

    private static bool IsConnectionFailure(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException
        || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested);
}
