namespace Slipway.ControlPlane.Storage.Rows;

/// <summary>How a deployment's program ended by itself after it was committed. Written once.</summary>
internal sealed class DeploymentEndRow
{
    public Guid DeploymentId { get; set; }

    /// <summary>Which run of the program it was. Grows.</summary>
    public long Run { get; set; }

    /// <summary>How often the program had been started again before.</summary>
    public long Restarts { get; set; }

    public DateTimeOffset At { get; set; }

    public int Reason { get; set; }

    public string Detail { get; set; } = "";

    public string Output { get; set; } = "";
}
