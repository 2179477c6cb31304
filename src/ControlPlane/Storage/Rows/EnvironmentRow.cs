namespace Slipway.ControlPlane.Storage.Rows;

internal sealed class EnvironmentRow : IVersioned
{
    public required string Application { get; set; }

    public required string Name { get; set; }

    public string SelectorJson { get; set; } = "{}";

    public string PolicyJson { get; set; } = "{}";

    public string StrategyJson { get; set; } = "{}";

    public string VariablesJson { get; set; } = "{}";

    /// <summary>The release that the last successful rollout left; null before the first.</summary>
    public string? CurrentVersion { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}
