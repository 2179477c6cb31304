namespace Slipway.ControlPlane.Storage.Rows;

/// <summary>An event, committed with the change that it tells of, that somebody takes up afterwards.</summary>
internal sealed class OutboxRow
{
    public long Sequence { get; set; }

    public DateTimeOffset At { get; set; }

    public required string Topic { get; set; }

    public required string Kind { get; set; }

    public string PayloadJson { get; set; } = "{}";

    public DateTimeOffset? ProcessedAt { get; set; }
}
