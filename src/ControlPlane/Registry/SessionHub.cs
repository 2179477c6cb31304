using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Slipway.ControlPlane.Registry;

/// <summary>The sessions that this replica holds: one for each agent, the newest.</summary>
internal sealed class SessionHub(IOptions<SessionOptions> options, TimeProvider time, Random random)
{
    private const int BeatsPerSecond = 300;
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LeaseMargin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Guid, AgentSession> _sessions = [];
    private readonly TokenBucket _admission = new(options.Value.SessionsPerSecond, time);

    /// <summary>This replica's name in the agents' rows.</summary>
    public string Replica { get; } = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    public IReadOnlyCollection<AgentSession> Sessions => [.. _sessions.Values];

    public bool TryAdmit() => _admission.TryTake(out _);

    /// <summary>The new session of an agent; an older one ends.</summary>
    public AgentSession Open(Guid agentId)
    {
        var session = new AgentSession(agentId, Guid.CreateVersion7(time.GetUtcNow()));
        _sessions.AddOrUpdate(
            agentId,
            static (_, added) => added,
            static (_, old, added) =>
            {
                old.End(SessionProblems.Duplicate());
                return added;
            },
            session);
        return session;
    }

    public void Close(AgentSession session) => _sessions.TryRemove(KeyValuePair.Create(session.AgentId, session));

    public AgentSession? Find(Guid agentId) => _sessions.GetValueOrDefault(agentId);

    public void DrainAll()
    {
        foreach (var session in _sessions.Values)
        {
            session.Drain();
        }
    }

    /// <summary>How often both sides of a new session say that they live, a tenth more or less.</summary>
    public TimeSpan NextHeartbeatInterval()
    {
        if (options.Value.HeartbeatInterval is { } fixedInterval)
        {
            return fixedInterval;
        }

        var fair = TimeSpan.FromSeconds((double)_sessions.Count / BeatsPerSecond);
        return Jittered(fair > ShortestInterval ? fair : ShortestInterval);
    }

    public static TimeSpan LeaseOf(TimeSpan interval) => (interval * 3) + LeaseMargin;

    public TimeSpan NextMaxAge() => Jittered(options.Value.MaxAge);

    private TimeSpan Jittered(TimeSpan around)
    {
        lock (random)
        {
            return around * (0.9 + (random.NextDouble() * 0.2));
        }
    }
}
