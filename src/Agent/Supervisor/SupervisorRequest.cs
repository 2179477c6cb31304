namespace Slipway.Agent.Supervisor;

/// <summary>One line of JSON from the agent to the supervisor.</summary>
internal sealed record SupervisorRequest(SupervisorVerb Verb, string Ticket = "", GenerationSpec? Spec = null)
{
    /// <summary>The path of the program to upgrade to.</summary>
    public string? Program { get; init; }
}
