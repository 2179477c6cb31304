using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Registry;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Logs;

/// <summary>Logs over gRPC: joins those who read with the agents that supply. Nothing of it is kept.</summary>
internal sealed class LogsService(TailParts parts) : V1.Logs.LogsBase
{
    private const int LongestCursor = 64;
    private static readonly TimeSpan LongestTail = TimeSpan.FromDays(365);

    public override async Task Tail(
        V1.TailLogsRequest request,
        IServerStreamWriter<V1.TailLogsResponse> responseStream,
        ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read, request.Application);
        Check(request);
        var workload = new TailWorkload(request.Application, request.Environment);
        var found = await parts.Targets.FindAsync(workload, [.. request.Agents], context.CancellationToken);
        if (!parts.Tails.HasRoomFor(found.Count))
        {
            throw new ProblemException(new Problem(
                StatusCode.ResourceExhausted,
                "TOO_MANY_TAILS",
                "Too many logs are read at once; name fewer agents, or try again later."));
        }

        foreach (var name in request.Cursors.Keys.Where(name => !found.Any(agent => agent.Name == name)))
        {
            await responseStream.WriteAsync(
                NoticeOf(new(Guid.Empty, name), "CURSOR_UNUSED", $"{name} is not read: its cursor is not used."),
                context.CancellationToken);
        }

        DateTimeOffset? askedAt = request.Follow
            ? parts.Time.GetUtcNow() - (request.AskedAgo?.ToTimeSpan() ?? TimeSpan.Zero)
            : null;
        var group = new TailGroup(parts, agent => new(agent, OrderOf(request, agent.Name, askedAt), parts));
        var said = group.ReadAsync(
            found, request is { Follow: true, Agents.Count: 0 } ? workload : null, context.CancellationToken);
        var failures = new List<V1.TailLogsResponse>();
        await foreach (var (agent, part) in said)
        {
            if (part.Reason.Length > 0 && (!request.Follow || (part.IsFinal && group.Count == 1)))
            {
                failures.Add(ResponseOf(agent, part));
            }
            else
            {
                await responseStream.WriteAsync(ResponseOf(agent, part), context.CancellationToken);
            }
        }

        var failed = group.Failed;
        foreach (var failure in failures.Where(failure => failure.AgentId != failed?.Agent.Id.ToString()))
        {
            await responseStream.WriteAsync(failure, context.CancellationToken);
        }

        if (failed is not null)
        {
            throw new ProblemException(ProblemOf(failed.Failure!));
        }
    }

    public override async Task<V1.SupplyLogsResponse> Supply(
        IAsyncStreamReader<V1.SupplyLogsRequest> requestStream, ServerCallContext context)
    {
        var agentId = Caller.Of(context).DemandAgent();
        var id = await requestStream.MoveNext(context.CancellationToken) ? requestStream.Current.Id : "";
        if (parts.Tails.TryFind(id, agentId, out var leg))
        {
            await SupplyAsync(leg, requestStream, context.CancellationToken);
            return new V1.SupplyLogsResponse();
        }

        var supply = requestStream.ReadAllAsync(context.CancellationToken).Select(PartOf);
        return await parts.Bridge.ForwardAsync(id, agentId, supply, context.CancellationToken)
            ? new V1.SupplyLogsResponse()
            : throw new ProblemException(Problem.NotFound("TAIL_NOT_FOUND", "Nobody waits for this log any more."));
    }

    private static async Task SupplyAsync(
        TailLeg leg, IAsyncStreamReader<V1.SupplyLogsRequest> supply, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(leg.Ended, cancellationToken);
        try
        {
            while (await supply.MoveNext(either.Token))
            {
                await leg.SupplyAsync(PartOf(supply.Current), either.Token);
            }
        }
        catch (Exception exception) when (
            exception is OperationCanceledException or IOException or RpcException or ChannelClosedException)
        {
            // Nobody reads any more, or the agent went away: then the reader asks anew.
        }
        finally
        {
            leg.Complete();
        }
    }

    private static void Check(V1.TailLogsRequest request)
    {
        if (request.HasLines && request.Lines < 0)
        {
            throw new ProblemException(Problem.InvalidField("lines", "must be 0 or more."));
        }

        if (request.AskedAgo is { } ago && (ago.Seconds < 0 || ago.Seconds > LongestTail.TotalSeconds))
        {
            throw new ProblemException(Problem.InvalidField("asked_ago", "must be 0 s to 365 days."));
        }

        if (request.Generation < 0)
        {
            throw new ProblemException(Problem.InvalidField("generation", "must be 0 or more."));
        }

        if (!System.Enum.IsDefined(request.Stream))
        {
            throw new ProblemException(Problem.InvalidField("stream", "must be STREAM_OUT or STREAM_ERR."));
        }

        if (request.Cursors.Values.Any(cursor => cursor.Length > LongestCursor))
        {
            throw new ProblemException(Problem.InvalidField("cursors", "must be what a line had."));
        }
    }

    private static TailOrder OrderOf(V1.TailLogsRequest request, string agent, DateTimeOffset? askedAt) =>
        new(request.Application, request.Environment)
        {
            Since = request.Since?.ToDateTimeOffset(),
            Lines = request.HasLines ? request.Lines : null,
            Generation = request.Generation,
            Stream = (int)request.Stream,
            IsFollowing = request.Follow,
            AskedAt = askedAt,
            Cursor = request.Cursors.TryGetValue(agent, out var cursor) ? cursor : "",
        };

    private static V1.TailLogsResponse ResponseOf(TailTarget agent, TailPart part)
    {
        if (part.Reason.Length > 0)
        {
            return NoticeOf(agent, part.Reason, part.Message);
        }

        if (part.Lost == 0)
        {
            return new()
            {
                AgentId = agent.Id.ToString(),
                AgentName = agent.Name,
                Lines = { part.Lines.Select(LineOf) },
                Cursor = part.Cursor,
            };
        }

        var loss = NoticeOf(agent, "LINES_LOST", part.Lost < 0
            ? $"{agent.Name}: the log was begun anew; lines may have been deleted before they were read."
            : FormattableString.Invariant($"{agent.Name}: {part.Lost} lines were deleted before they were read."));
        loss.Notice.Lost = part.Lost;
        return loss;
    }

    private static V1.TailLogsResponse NoticeOf(TailTarget agent, string reason, string message) => new()
    {
        AgentId = agent.Id.ToString(),
        AgentName = agent.Name,
        Notice = new() { Reason = reason, Message = message },
    };

    private static V1.LogLine LineOf(TailLine line) => new()
    {
        At = line.At.ToTimestamp(),
        Generation = line.Generation,
        Pid = line.Pid,
        Stream = (V1.LogLine.Types.Stream)line.Stream,
        Partial = line.IsPartial,
        Text = line.Text,
        Cursor = line.Cursor,
    };

    private static TailPart PartOf(V1.SupplyLogsRequest supply) => new()
    {
        Lines =
        [
            .. supply.Lines.Select(line => new TailLine(
                line.At?.ToDateTimeOffset() ?? DateTimeOffset.UnixEpoch, line.Text, line.Cursor)
            {
                Generation = line.Generation,
                Pid = line.Pid,
                Stream = (int)line.Stream,
                IsPartial = line.Partial,
            }),
        ],
        Cursor = supply.Cursor,
        Lost = supply.Lost,
        IsAtEnd = supply.AtEnd,
        Reason = supply.Reason,
        Message = supply.Message,
    };

    private static Problem ProblemOf(TailPart failure) => new(
        failure.Reason switch
        {
            "WORKLOAD_NOT_FOUND" or "AGENT_REMOVED" => StatusCode.NotFound,
            "INVALID_FIELD" => StatusCode.InvalidArgument,
            "TOO_MANY_TAILS" => StatusCode.ResourceExhausted,
            _ => StatusCode.FailedPrecondition,
        },
        failure.Reason,
        failure.Message);
}
