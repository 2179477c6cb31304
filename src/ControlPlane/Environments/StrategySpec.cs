namespace Slipway.ControlPlane.Environments;

/// <summary>How a rollout goes through an environment: in batches.</summary>
internal sealed record StrategySpec
{
    /// <summary>Agents a batch: a number or a percentage, see <see cref="Share"/>.</summary>
    public string BatchSize { get; init; } = "1";

    /// <summary>Agents that may be unavailable at once: a number or a percentage.</summary>
    public string MaxUnavailable { get; init; } = "1";

    /// <summary>How long a batch must have been healthy before the next one starts.</summary>
    public TimeSpan Bake { get; init; }

    /// <summary>A rollout without any progress for this long fails.</summary>
    public TimeSpan ProgressDeadline { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many deployments may fail before the rollout stops.</summary>
    public int MaxFailures { get; init; }
}
