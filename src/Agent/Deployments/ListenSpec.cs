namespace Slipway.Agent.Deployments;

/// <summary>One listening TCP socket: its name, and the address it is bound to.</summary>
internal sealed record ListenSpec(string Name, string Address, int Backlog);
