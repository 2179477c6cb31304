using Grpc.Core;
using Microsoft.Extensions.Logging;
using Slipway.Agent.Deployments;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>The one reader of a session.</summary>
internal sealed partial class SessionReceiverClient(
    IAsyncStreamReader<V1.ControlMessage> stream,
    LinkedDeployments deployments,
    SessionSenderClient sender,
    TimeSpan heartbeat,
    TimeProvider timeProvider)
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    /// <summary>Reads until the control plane asks the agent to come back later, or stops talking.</summary>
    public async Task<V1.Drain> RunAsync(
        Action<V1.TailRequest> supply, ILogger logger, CancellationToken cancellationToken)
    {
        while (await HasNextAsync(cancellationToken))
        {
            var message = stream.Current;
            switch (message.MessageCase)
            {
                case V1.ControlMessage.MessageOneofCase.Desired:
                    await TakeAsync(message.Desired, logger, cancellationToken);
                    break;
                case V1.ControlMessage.MessageOneofCase.ReportAck:
                    deployments.Acknowledge(message.ReportAck.DeploymentId, message.ReportAck.Sequence);
                    sender.Wake();
                    break;
                case V1.ControlMessage.MessageOneofCase.Tail:
                    supply(message.Tail);
                    break;
                case V1.ControlMessage.MessageOneofCase.Drain:
                    return message.Drain;
                default:
                    // A heartbeat has done its work by arriving; what this version does not know, it passes over.
                    break;
            }
        }

        throw new ProblemException(new(
            StatusCode.Unavailable, "STREAM_ENDED", "The control plane ended the session without saying why."));
    }

    // Two heartbeats that do not come mean that nobody is there any more, whatever TCP believes.
    private async Task<bool> HasNextAsync(CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource((heartbeat * 2) + Slack, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        try
        {
            return await stream.MoveNext(either.Token);
        }
        catch (Exception exception) when (
            silence.IsCancellationRequested && exception is OperationCanceledException or RpcException)
        {
            throw new ProblemException(
                new(StatusCode.Unavailable, "SILENT", "The control plane has missed two heartbeats."), exception);
        }
    }

    private async Task TakeAsync(V1.Desired desired, ILogger logger, CancellationToken cancellationToken)
    {
        DesiredState next;
        try
        {
            next = DesiredClient.Read(desired);
        }
        catch (InvalidDataException exception)
        {
            Log.Unreadable(logger, exception.Message);
            return;
        }

        var mine = deployments.Desired().Token;
        if (!next.Token.MayFollow(mine))
        {
            Log.WentBack(logger, next.Token.Epoch, next.Token.Revision, mine.Epoch, mine.Revision);
            return;
        }

        try
        {
            await deployments.AcceptAsync(next, cancellationToken);
        }
        catch (ProblemException exception)
        {
            Log.Unreadable(logger, exception.Message);
            return;
        }

        Log.Accepted(logger, next.Token.Epoch, next.Token.Revision, next.Workloads.Count);
        sender.Acknowledge(next.Token);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Accepted revision {Epoch}.{Revision} with {Count} workloads")]
        public static partial void Accepted(ILogger logger, ulong epoch, ulong revision, int count);

        [LoggerMessage(2, LogLevel.Warning,
            "Passed over revision {Epoch}.{Revision}: it is older than {MyEpoch}.{MyRevision}, which is in force")]
        public static partial void WentBack(
            ILogger logger, ulong epoch, ulong revision, ulong myEpoch, ulong myRevision);

        [LoggerMessage(3, LogLevel.Error, "Passed over a desired state, the one in force stays: {Why}")]
        public static partial void Unreadable(ILogger logger, string why);
    }
}
