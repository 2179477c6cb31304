namespace Slipway.Agent.Supervisor;

/// <summary>A user and its groups, by number.</summary>
internal sealed record LaunchIdentity(uint User, uint Group, IReadOnlyList<uint> Groups);
