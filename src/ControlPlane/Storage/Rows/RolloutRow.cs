namespace Slipway.ControlPlane.Storage.Rows;

internal sealed class RolloutRow : IVersioned
{
    public Guid Id { get; set; }

    public required string Application { get; set; }

    public required string Environment { get; set; }

    public string FromVersion { get; set; } = "";

    public required string ToVersion { get; set; }

    public int State { get; set; }

    /// <summary>The whole state of the rollout engine.</summary>
    public string StateJson { get; set; } = "{}";

    public string CreatedBy { get; set; } = "";

    public string Reason { get; set; } = "";

    public string? IdempotencyKey { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>When the engine wants to be asked again; null once the rollout has ended.</summary>
    public DateTimeOffset? NextTimerAt { get; set; }

    /// <summary>At most one rollout of an environment is active: an index says so.</summary>
    public bool IsActive { get; set; }

    public long Version { get; set; }
}
