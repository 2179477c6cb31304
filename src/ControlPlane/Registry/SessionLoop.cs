using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Messaging;
using Slipway.ControlPlane.Storage;

namespace Slipway.ControlPlane.Registry;

/// <summary>Keeps the held sessions and the tables in step: at hints, and every two seconds without any.</summary>
internal sealed partial class SessionLoop(
    SessionHub hub,
    Database database,
    IHintBus hints,
    TimeProvider time,
    ILogger<SessionLoop> logger) : BackgroundService
{
    public static readonly TimeSpan Backstop = TimeSpan.FromSeconds(2);

    private const int Chunk = 1000;
    private static readonly TimeSpan SeenPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StaleAfter = TimeSpan.FromSeconds(60);

    private long _comparedAt;
    private long _seenAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = hints.Subscribe(HintTopic.Agents);
        _comparedAt = _seenAt = time.GetTimestamp();
        while (true)
        {
            foreach (var topic in await subscription.NextAsync(Backstop, time, stoppingToken))
            {
                Wake(topic);
            }

            try
            {
                await KeepAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Log.Failed(logger, exception);
                await Task.Delay(Backstop, time, stoppingToken);
            }
        }
    }

    private void Wake(string topic)
    {
        if (topic == HintSubscription.All)
        {
            foreach (var session in hub.Sessions)
            {
                session.LookAgain();
            }
        }
        else if (Guid.TryParse(topic.AsSpan(HintTopic.Agents.Length), out var agentId))
        {
            hub.Find(agentId)?.LookAgain();
        }
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(_comparedAt) >= Backstop)
        {
            _comparedAt = time.GetTimestamp();
            foreach (var chunk in hub.Sessions.Chunk(Chunk))
            {
                await CompareAsync(chunk, cancellationToken);
            }
        }

        if (time.GetElapsedTime(_seenAt) >= SeenPause)
        {
            _seenAt = time.GetTimestamp();
            foreach (var chunk in hub.Sessions.Chunk(Chunk))
            {
                await NoteSeenAsync(chunk, cancellationToken);
            }

            await ForgetStaleAsync(cancellationToken);
        }
    }

    private async Task CompareAsync(AgentSession[] sessions, CancellationToken cancellationToken)
    {
        var ids = sessions.Select(session => session.AgentId).ToList();
        var (epoch, rows) = await database.ReadAsync(
            async (context, token) => (
                await SessionStore.EpochAsync(context, token),
                await context.Agents.Where(row => ids.Contains(row.Id))
                    .Select(row => new { row.Id, row.DesiredRevision, row.SessionId })
                    .ToDictionaryAsync(row => row.Id, token)),
            cancellationToken);
        foreach (var session in sessions)
        {
            var row = rows.GetValueOrDefault(session.AgentId);
            if (row is null || session.Told != new DesiredMark(epoch, row.DesiredRevision))
            {
                session.LookAgain();
            }

            // Ids grow with time: an other one that is greater is a newer session, on another replica.
            if (row?.SessionId is { } owner && string.CompareOrdinal(owner, session.Id) > 0)
            {
                session.End(SessionProblems.Duplicate());
            }
            else if (row is { SessionId: null })
            {
                await ClaimAsync(session, cancellationToken);
            }
        }
    }

    // After a pause long enough for another replica to take this one's sessions for dead ones.
    private Task<int> ClaimAsync(AgentSession session, CancellationToken cancellationToken) => database.WriteAsync(
        (context, token) => context.Agents
            .Where(row => row.Id == session.AgentId && row.SessionId == null && row.RemovedAt == null)
            .ExecuteUpdateAsync(
                set => set.SetProperty(row => row.SessionId, session.Id)
                    .SetProperty(row => row.SessionReplica, hub.Replica)
                    .SetProperty(row => row.LastSeenAt, time.GetUtcNow()),
                token),
        cancellationToken);

    private Task<int> NoteSeenAsync(AgentSession[] sessions, CancellationToken cancellationToken)
    {
        var ids = sessions.Select(session => session.Id).ToList();
        var now = time.GetUtcNow();
        return database.WriteAsync(
            (context, token) => context.Agents
                .Where(row => row.SessionId != null && ids.Contains(row.SessionId))
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.LastSeenAt, now), token),
            cancellationToken);
    }

    // Of a replica that was killed: nobody else closes its sessions.
    private async Task ForgetStaleAsync(CancellationToken cancellationToken)
    {
        var limit = time.GetUtcNow() - StaleAfter;
        await database.WriteAsync(
            (context, token) => context.Agents
                .Where(row => row.SessionId != null && row.LastSeenAt < limit)
                .ExecuteUpdateAsync(
                    set => set.SetProperty(row => row.SessionId, (string?)null)
                        .SetProperty(row => row.SessionReplica, (string?)null),
                    token),
            cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Comparing the sessions with the tables failed; trying again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
