namespace Slipway.ControlPlane.Storage.Rows;

internal sealed class DeploymentPhaseRow
{
    public Guid DeploymentId { get; set; }

    /// <summary>The order within the deployment.</summary>
    public long Sequence { get; set; }

    public int Phase { get; set; }

    public DateTimeOffset At { get; set; }
}
