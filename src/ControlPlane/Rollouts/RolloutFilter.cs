namespace Slipway.ControlPlane.Rollouts;

/// <summary>Which rollouts to list; what is null is not asked for.</summary>
internal sealed record RolloutFilter(
    string? Application,
    string? Environment,
    IReadOnlyList<int> States,
    string[]? After,
    int Size);
