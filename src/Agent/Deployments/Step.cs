namespace Slipway.Agent.Deployments;

/// <summary>What to do next for a workload.</summary>
internal sealed record Step(StepKind Kind)
{
    /// <summary>The instance that it is about.</summary>
    public string Ticket { get; init; } = "";

    /// <summary>How long nothing is to be done unless something changes.</summary>
    public TimeSpan Delay { get; init; }

    public FailureReason Reason { get; init; }

    public string Detail { get; init; } = "";

    public string Output { get; init; } = "";

    public static Step Wait(TimeSpan delay) => new(StepKind.Wait) { Delay = delay };

    public static Step Fail(FailureReason reason, string detail, string output = "") =>
        new(StepKind.Fail) { Reason = reason, Detail = detail, Output = output };
}
