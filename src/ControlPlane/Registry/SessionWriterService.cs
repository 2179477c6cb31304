using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Registry;

/// <summary>Tells agents what there is to tell: the only writer of a session's stream.</summary>
internal sealed class SessionWriterService(
    SessionStore store,
    SessionHub hub,
    IOptions<SessionOptions> options,
    TimeProvider time)
{
    private static readonly TimeSpan LatestReturn = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan DrainPatience = TimeSpan.FromSeconds(5);

    /// <summary>Writes until the session has been drained; it ends otherwise by an exception.</summary>
    public async Task WriteAsync(
        IServerStreamWriter<V1.ControlMessage> agent,
        AgentSession session,
        V1.ResumeToken? resume,
        TimeSpan interval,
        CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var beatAt = began;
        var maxAge = hub.NextMaxAge();
        var had = resume;
        while (true)
        {
            while (session.TryNextAcknowledgement(out var report))
            {
                var ack = new V1.ReportAck { DeploymentId = report.DeploymentId, Sequence = (uint)report.Sequence };
                await SendAsync(agent, new V1.ControlMessage { ReportAck = ack }, cancellationToken);
            }

            while (session.TryNextOrder(out var order))
            {
                await SendAsync(agent, new V1.ControlMessage { Tail = ToWire(order) }, cancellationToken);
            }

            if (session.TakeDirty())
            {
                had = await TellAsync(agent, session, had, cancellationToken);
            }

            if (session.IsDraining || time.GetElapsedTime(began) >= maxAge)
            {
                await DrainAsync(agent, session, cancellationToken);
                return;
            }

            var rest = interval - time.GetElapsedTime(beatAt);
            if (rest <= TimeSpan.Zero)
            {
                beatAt = time.GetTimestamp();
                var beat = new V1.ControlHeartbeat { At = time.GetUtcNow().ToTimestamp() };
                await SendAsync(agent, new V1.ControlMessage { Heartbeat = beat }, cancellationToken);
                rest = interval;
            }

            await session.WaitAsync(rest, time, cancellationToken);
        }
    }

    public async Task SendAsync(
        IServerStreamWriter<V1.ControlMessage> agent,
        V1.ControlMessage message,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.WriteDeadline, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await agent.WriteAsync(message, either.Token);
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested)
        {
            throw new ProblemException(SessionProblems.SlowReader(), exception);
        }
    }

    private static V1.TailRequest ToWire(TailOrder order)
    {
        var request = new V1.TailRequest
        {
            Id = order.Id,
            Application = order.Application,
            Environment = order.Environment,
            Since = order.Since?.ToTimestamp(),
            AskedAt = order.AskedAt?.ToTimestamp(),
            Generation = order.Generation,
            Follow = order.IsFollowing,
            Cursor = order.Cursor,
            Stream = (V1.LogLine.Types.Stream)order.Stream,
        };
        if (order.Lines is { } lines)
        {
            request.Lines = lines;
        }

        return request;
    }

    // The whole desired state, unless the agent has this very one.
    private async Task<V1.ResumeToken> TellAsync(
        IServerStreamWriter<V1.ControlMessage> agent,
        AgentSession session,
        V1.ResumeToken? had,
        CancellationToken cancellationToken)
    {
        var (mark, workloads) = await store.DesiredAsync(session.AgentId, cancellationToken);
        var desired = DesiredService.ToWire(mark, workloads);
        session.Told = mark;
        if (!desired.Token.Equals(had))
        {
            await SendAsync(agent, new V1.ControlMessage { Desired = desired }, cancellationToken);
        }

        return desired.Token;
    }

    private async Task DrainAsync(
        IServerStreamWriter<V1.ControlMessage> agent,
        AgentSession session,
        CancellationToken cancellationToken)
    {
        var drain = new V1.Drain
        {
            ReconnectMin = TimeSpan.Zero.ToDuration(),
            ReconnectMax = LatestReturn.ToDuration(),
            Reason = session.IsDraining ? "the control plane is stopping" : "the session is old",
        };
        await SendAsync(agent, new V1.ControlMessage { Drain = drain }, cancellationToken);

        // The agent closes the stream; whoever does not is left.
        await Task.Delay(DrainPatience, time, cancellationToken);
    }
}
