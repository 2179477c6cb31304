namespace Slipway.Agent.Supervisor;

/// <summary>A socket that the supervisor holds. The address has the real port when 0 was asked for.</summary>
internal sealed record ListenState(string Name, string Address);
