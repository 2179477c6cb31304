using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Messaging;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Registry;

/// <summary>The registry over gRPC: tells agents what to run, and others what an environment runs.</summary>
internal sealed class RegistryService(
    SessionParts parts,
    CurrentService current,
    IHintBus hints,
    TimeProvider time,
    IHostApplicationLifetime lifetime) : V1.Registry.RegistryBase
{
    private static readonly TimeSpan CloseDeadline = TimeSpan.FromSeconds(10);

    [EndsByItself]
    public override async Task Session(
        IAsyncStreamReader<V1.AgentMessage> requestStream,
        IServerStreamWriter<V1.ControlMessage> responseStream,
        ServerCallContext context)
    {
        var agentId = Caller.Of(context).DemandAgent();
        if (!parts.Hub.TryAdmit())
        {
            throw new ProblemException(SessionProblems.TooMany());
        }

        var hello = await parts.Reader.HelloAsync(requestStream, context.CancellationToken);
        using var session = parts.Hub.Open(agentId);
        session.CanTail = hello.Capabilities.Contains("logs");
        try
        {
            await ConverseAsync(requestStream, responseStream, session, hello, context.CancellationToken);
        }
        catch (OperationCanceledException) when (session.Ending is not null)
        {
            throw new ProblemException(session.Ending);
        }
        finally
        {
            await CloseAsync(session);
        }
    }

    public override Task<V1.CurrentRelease> Current(V1.CurrentRequest request, ServerCallContext context)
    {
        Demand(request, context);
        return current.GetAsync(request, context.CancellationToken);
    }

    public override async Task Watch(
        V1.CurrentRequest request,
        IServerStreamWriter<V1.CurrentRelease> responseStream,
        ServerCallContext context)
    {
        Demand(request, context);
        using var subscription = hints.Subscribe(HintTopic.Environment(request.Application, request.Environment));
        V1.CurrentRelease? sent = null;
        while (true)
        {
            var release = await current.GetAsync(request, context.CancellationToken);
            if (!release.Equals(sent))
            {
                sent = release;
                await responseStream.WriteAsync(release, context.CancellationToken);
            }

            await subscription.NextAsync(SessionLoop.Backstop, time, context.CancellationToken);
        }
    }

    private static void Demand(V1.CurrentRequest request, ServerCallContext context)
    {
        var caller = Caller.Of(context);
        if (caller.AgentId is null)
        {
            caller.Demand(Caller.Read, request.Application);
        }
    }

    private async Task ConverseAsync(
        IAsyncStreamReader<V1.AgentMessage> requestStream,
        IServerStreamWriter<V1.ControlMessage> responseStream,
        AgentSession session,
        V1.Hello hello,
        CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session.Ended);
        var epoch = await parts.Store.OpenAsync(
            session, parts.Hub.Replica, SessionReaderService.FromWire(hello), ending.Token);
        hints.Publish(HintTopic.Sighting(session.AgentId));
        var interval = parts.Hub.NextHeartbeatInterval();
        var lease = SessionHub.LeaseOf(interval);
        var welcome = new V1.Welcome
        {
            SessionId = session.Id,
            Epoch = (ulong)epoch,
            HeartbeatInterval = interval.ToDuration(),
            Lease = lease.ToDuration(),
            ServerTime = time.GetUtcNow().ToTimestamp(),
        };
        await parts.Writer.SendAsync(responseStream, new V1.ControlMessage { Welcome = welcome }, ending.Token);
        using var stopping = lifetime.ApplicationStopping.Register(session.Drain);
        var reading = parts.Reader.ReadAsync(requestStream, session, lease, ending.Token);
        var writing = parts.Writer.WriteAsync(responseStream, session, hello.Resume, interval, ending.Token);

        // Either ends the session: the agent went away or was refused, or it was drained.
        var first = await Task.WhenAny(reading, writing);
        await ending.CancelAsync();
        await Task.WhenAll(reading, writing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (first == writing && writing.IsCompletedSuccessfully && lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new ProblemException(SessionProblems.Stopping());
        }

        await first;
    }

    // With a time limit of its own: the call that it belongs to is over.
    private async Task CloseAsync(AgentSession session)
    {
        parts.Hub.Close(session);
        using var limit = new CancellationTokenSource(CloseDeadline, time);
        await parts.Store.CloseAsync(session, limit.Token);
        hints.Publish(HintTopic.Sighting(session.AgentId));
    }
}

/// <summary>What a session is served by.</summary>
internal sealed record SessionParts(
    SessionHub Hub,
    SessionStore Store,
    SessionReaderService Reader,
    SessionWriterService Writer);
