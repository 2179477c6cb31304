namespace Slipway.ControlPlane.History;

/// <summary>Which deployments to list; what is empty or null is not asked for.</summary>
internal sealed record HistoryFilter
{
    public string Id { get; init; } = "";

    public string Application { get; init; } = "";

    public string Environment { get; init; } = "";

    /// <summary>The agent's id or name.</summary>
    public string Agent { get; init; } = "";

    public string Version { get; init; } = "";

    public string RolloutId { get; init; } = "";

    public IReadOnlyList<int> Phases { get; init; } = [];

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    public string[]? After { get; init; }

    public required int Size { get; init; }
}
