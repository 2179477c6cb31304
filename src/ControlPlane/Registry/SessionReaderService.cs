using System.Globalization;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Slipway.ControlPlane.Agents;
using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Messaging;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Registry;

/// <summary>Takes in what agents say.</summary>
internal sealed class SessionReaderService(
    SessionStore store,
    IHintBus hints,
    IOptions<SessionOptions> options,
    TimeProvider time)
{
    private const int LargestMessage = 64 * 1024;
    private const int SupportedProtocol = 1;

    /// <summary>The first message, which must be Hello.</summary>
    public async Task<V1.Hello> HelloAsync(
        IAsyncStreamReader<V1.AgentMessage> agent,
        CancellationToken cancellationToken)
    {
        var message = await NextAsync(agent, options.Value.HelloDeadline, cancellationToken);
        if (message?.Hello is not { } hello)
        {
            throw new ProblemException(Problem.InvalidField("message", "the first one must be Hello."));
        }

        return hello.Protocol == SupportedProtocol
            ? hello
            : throw new ProblemException(SessionProblems.TooOld(hello.Protocol));
    }

    public static AgentHello FromWire(V1.Hello hello) => new()
    {
        AgentVersion = hello.AgentVersion,
        BootId = hello.BootId,
        MachineId = hello.MachineId,
        Platform = hello.Platform,
        SelfLabels = hello.SelfLabels.ToDictionary(),
        Observed = hello.Observed is null ? null : [.. hello.Observed.Workloads.Select(FromWire)],
        Resume = new DesiredMark((long)(hello.Resume?.Epoch ?? 0), (long)(hello.Resume?.Revision ?? 0)),
    };

    /// <summary>Reads until the agent goes away; silence longer than the lease ends the session.</summary>
    public async Task ReadAsync(
        IAsyncStreamReader<V1.AgentMessage> agent,
        AgentSession session,
        TimeSpan lease,
        CancellationToken cancellationToken)
    {
        var rate = new TokenBucket(options.Value.ReportsPerSecond, time);
        while (await NextAsync(agent, lease, cancellationToken) is { } message)
        {
            var size = message.CalculateSize();
            if (size > LargestMessage)
            {
                throw new ProblemException(SessionProblems.TooLarge(size, LargestMessage));
            }

            if (message.Report is not null && !rate.TryTake(out var wait))
            {
                // Not reading is what slows the agent down.
                await Task.Delay(wait, time, cancellationToken);
            }

            await TakeAsync(message, session, cancellationToken);
        }
    }

    private static ObservedWorkload FromWire(V1.WorkloadStatus status) => new()
    {
        Application = status.Application,
        Environment = status.Environment,
        Generation = (long)status.Generation,
        RunningVersion = status.RunningVersion,
        IsHealthy = status.Healthy,
        Detail = status.Detail,
        Pids = [.. status.Pids],
        Since = status.Since?.ToDateTimeOffset(),
    };

    private async Task<V1.AgentMessage?> NextAsync(
        IAsyncStreamReader<V1.AgentMessage> agent,
        TimeSpan patience,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await agent.MoveNext(either.Token) ? agent.Current : null;
        }
        catch (Exception exception) when (limit.IsCancellationRequested
            && !cancellationToken.IsCancellationRequested
            && exception is OperationCanceledException or RpcException)
        {
            throw new ProblemException(SessionProblems.Silent(patience), exception);
        }
    }

    private async Task TakeAsync(V1.AgentMessage message, AgentSession session, CancellationToken cancellationToken)
    {
        switch (message.MessageCase)
        {
            case V1.AgentMessage.MessageOneofCase.DesiredAck:
                await store.AcknowledgeAsync(session.AgentId, (long)message.DesiredAck.Revision, cancellationToken);
                break;
            case V1.AgentMessage.MessageOneofCase.Report:
                await ReportAsync(message.Report, session, cancellationToken);
                break;
            case V1.AgentMessage.MessageOneofCase.Observed:
                var observed = message.Observed.Workloads.Select(FromWire).ToList();
                await store.ObserveAsync(session.AgentId, observed, cancellationToken);
                hints.Publish(HintTopic.Sighting(session.AgentId));
                break;
            case V1.AgentMessage.MessageOneofCase.Hello:
                throw new ProblemException(Problem.InvalidField("message", "Hello is said once, at the beginning."));
        }
    }

    private async Task ReportAsync(
        V1.DeploymentReport report,
        AgentSession session,
        CancellationToken cancellationToken)
    {
        var isKnown = Guid.TryParse(report.DeploymentId, CultureInfo.InvariantCulture, out var id);
        var changed = isKnown
            ? await store.ReportAsync(
                session.AgentId,
                new ReportedStep(id, report.Sequence)
                {
                    Phase = (DeploymentPhase)report.Phase,
                    At = report.At?.ToDateTimeOffset(),
                    Reason = (FailureReason)report.Reason,
                    Detail = report.Detail,
                    Output = report.Output,
                    EndedRun = report.EndedRun?.Run,
                    Restarts = report.EndedRun?.Restarts ?? 0,
                },
                cancellationToken)
            : null;
        session.Acknowledge(new ReportMark(report.DeploymentId, report.Sequence));
        if (changed is not null)
        {
            hints.Publish(HintTopic.Sighting(session.AgentId));
        }
    }
}
