namespace Slipway.Agent.Deployments;

/// <summary>
/// One step of a deployment, or an end of its program, on its way to the control plane: at least once, in order of
/// sequence.
/// </summary>
internal sealed record DeploymentReport(
    string DeploymentId,
    uint Sequence,
    DeploymentPhase Phase,
    DateTimeOffset At,
    FailureReason Reason = FailureReason.None,
    string Detail = "",
    string Output = "")
{
    // Steps are fewer: an end comes after all of them.
    private const uint FirstEnd = 1000;

    /// <summary>Which run of the program has ended; 0: this is a step.</summary>
    public int Run { get; init; }

    /// <summary>How often the program had been started again before.</summary>
    public int Restarts { get; init; }

    public static DeploymentReport Of(string deploymentId, ProgramEnd end) => new(
        deploymentId,
        FirstEnd + (uint)end.Run,
        DeploymentPhase.Committed,
        end.At,
        end.Reason,
        end.Detail,
        end.Output)
    {
        Run = end.Run,
        Restarts = end.Restarts,
    };
}
