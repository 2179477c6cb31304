using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>Holds one session after the other; each begins with all that there is to say.</summary>
internal sealed partial class SessionClient(
    HostFacts facts,
    LinkedDeployments deployments,
    SupplyClient supplies,
    TimeProvider timeProvider,
    ILogger logger)
{
    private const int LargestMessage = 16 * 1024 * 1024;
    private static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ReasonTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Runs until the session ends; only cancellation comes out as an exception.</summary>
    public async Task<SessionEnd> RunAsync(Peer peer, CancellationToken cancellationToken)
    {
        var began = timeProvider.GetTimestamp();
        var wasWelcome = false;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var channel = Open(peer);
        using var call = new V1.Registry.RegistryClient(channel).Session(cancellationToken: ending.Token);
        try
        {
            var welcome = await GreetAsync(call, ending.Token);
            wasWelcome = true;
            began = timeProvider.GetTimestamp();
            deployments.Connected();
            Log.Connected(logger, peer.ControlPlane, peer.Identity.AgentId, welcome.SessionId);
            var drain = await ConverseAsync(call, peer, welcome, ending);
            return End(refusal: null, PauseOf(drain));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && Refusal.Covers(exception))
        {
            return End(Refusal.Of(exception, peer.ControlPlane), PauseOf(exception));
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && Refusal.Covers(exception))
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }

        SessionEnd End(Refusal? refusal, Pause? pause) =>
            new(refusal, wasWelcome, timeProvider.GetElapsedTime(began), pause);
    }

    private static GrpcChannel Open(Peer peer) => GrpcChannel.ForAddress(peer.ControlPlane, new()
    {
        DisposeHttpClient = true,
        HttpHandler = ControlPlaneHandler.Mutual(peer.Identity),
        MaxReceiveMessageSize = LargestMessage,
    });

    private static Pause? PauseOf(V1.Drain drain) => drain.ReconnectMin is { } min && drain.ReconnectMax is { } max
        ? new(min.ToTimeSpan(), max.ToTimeSpan())
        : null;

    // RetryInfo names the earliest time; a fleet must not come back all at once.
    private static Pause? PauseOf(Exception exception) =>
        (exception as RpcException)?.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay is { } delay
            ? new(delay.ToTimeSpan(), delay.ToTimeSpan() * 2)
            : null;

    private async Task<V1.Welcome> GreetAsync(
        AsyncDuplexStreamingCall<V1.AgentMessage, V1.ControlMessage> call, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(HelloTimeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var observed = deployments.Observe() is { } workloads ? ReportClient.Observed(workloads) : null;
        var hello = ReportClient.Hello(facts, deployments.Desired().Token, observed);
        try
        {
            await call.RequestStream.WriteAsync(hello, either.Token);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.OK)
        {
            // The answer came first; reading says what it was.
        }

        return await call.ResponseStream.MoveNext(either.Token)
            && call.ResponseStream.Current.Welcome is { HeartbeatInterval: not null } welcome
                ? welcome
                : throw new ProblemException(new(
                    StatusCode.Internal, "BAD_ANSWER", "The control plane did not begin with a welcome."));
    }

    private async Task<V1.Drain> ConverseAsync(
        AsyncDuplexStreamingCall<V1.AgentMessage, V1.ControlMessage> call,
        Peer peer,
        V1.Welcome welcome,
        CancellationTokenSource ending)
    {
        var sender = new SessionSenderClient(
            call.RequestStream, deployments, welcome.HeartbeatInterval.ToTimeSpan(), timeProvider);
        var receiver = new SessionReceiverClient(
            call.ResponseStream, deployments, sender, welcome.HeartbeatInterval.ToTimeSpan(), timeProvider);
        var receiving = receiver.RunAsync(tail => supplies.Start(peer, tail), logger, ending.Token);
        var sending = sender.RunAsync(ending.Token);

        if (await Task.WhenAny(receiving, sending) == sending)
        {
            // A refusal ends both; what was read says why.
            await Task.WhenAny(receiving, Task.Delay(ReasonTimeout, timeProvider, ending.Token));
        }

        var cause = receiving.IsCompleted ? receiving : sending;
        await ending.CancelAsync();
        await Task.WhenAll(receiving, sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await cause;
        return await receiving;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Connected to {ControlPlane} as agent {AgentId}, session {Session}")]
        public static partial void Connected(ILogger logger, Uri controlPlane, string agentId, string session);
    }
}
