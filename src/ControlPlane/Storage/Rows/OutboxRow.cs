namespace Slipway.ControlPlane.Storage.Rows;

/// <summary>An event that was committed with the change it tells of, and that somebody has to take up afterwards.</summary>
internal sealed class OutboxRow
{
    public long Sequence { get; set; }

    public DateTimeOffset At { get; set; }

    public required string Topic { get; set; }

    public required string Kind { get; set; }

    public string PayloadJson { get; set; } = "{}";

    public DateTimeOffset? ProcessedAt { get; set; }
}
