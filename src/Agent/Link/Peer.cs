namespace Slipway.Agent.Link;

/// <summary>The control plane: where it is, and who this agent is there.</summary>
internal sealed record Peer(Uri ControlPlane, AgentIdentity Identity);
