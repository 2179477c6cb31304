namespace Slipway.Agent.Deployments;

/// <summary>Why a deployment cannot go on: ends the attempt, and is what the control plane is told.</summary>
internal sealed class DeploymentException(FailureReason reason, string detail, Exception? inner = null)
    : Exception(detail, inner)
{
    public FailureReason Reason { get; } = reason;

    /// <summary>The last that a program of the deployment wrote.</summary>
    public string Output { get; init; } = "";
}
