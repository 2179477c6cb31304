namespace Slipway.Agent.Deployments;

/// <summary>One step of a deployment, on its way to the control plane: at least once, in order of sequence.</summary>
internal sealed record DeploymentReport(
    string DeploymentId,
    uint Sequence,
    DeploymentPhase Phase,
    DateTimeOffset At,
    FailureReason Reason = FailureReason.None,
    string Detail = "",
    string Output = "");
