namespace Slipway.Agent.Supervisor;

/// <summary>One line of JSON from the agent to the supervisor.</summary>
internal sealed record SupervisorRequest(SupervisorVerb Verb, string Ticket = "", GenerationSpec? Spec = null);
