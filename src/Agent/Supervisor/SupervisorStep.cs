namespace Slipway.Agent.Supervisor;

/// <summary>The planner's answer: the next plan, what to do for it, and why a request was refused.</summary>
internal sealed record SupervisorStep(
    SupervisorPlan Plan,
    IReadOnlyList<SupervisorAction> Actions,
    string? Refusal = null);
