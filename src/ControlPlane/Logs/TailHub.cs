using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Slipway.ControlPlane.Logs;

/// <summary>The supplies that readers of this replica wait for.</summary>
internal sealed class TailHub
{
    /// <summary>The length of a supply's name.</summary>
    public const int IdDigits = 32;

    private const int MostTails = 500;

    private readonly ConcurrentDictionary<string, TailLeg> _legs = [];

    /// <summary>Whether so many more agents can be read.</summary>
    public bool HasRoomFor(int agents) => _legs.Count + agents <= MostTails;

    public TailLeg Open(Guid agentId)
    {
        var leg = new TailLeg(RandomNumberGenerator.GetHexString(IdDigits, lowercase: true), agentId);
        _legs[leg.Id] = leg;
        return leg;
    }

    public bool TryFind(string id, Guid agentId, [NotNullWhen(true)] out TailLeg? leg) =>
        _legs.TryGetValue(id, out leg) && leg.AgentId == agentId;

    public void Close(TailLeg leg)
    {
        _legs.TryRemove(KeyValuePair.Create(leg.Id, leg));
        leg.Dispose();
    }
}
