namespace Slipway.Agent.Supervisor;

/// <summary>One line of JSON back: the state, or why the request was refused.</summary>
internal sealed record SupervisorReply(SupervisorState? State = null, string? Refusal = null);
