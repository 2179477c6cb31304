namespace Slipway.Agent.Deployments;

/// <summary>What really runs for one workload, as the agent sees it now.</summary>
/// <param name="Key">The application and environment.</param>
/// <param name="Generation">The generation whose deployment ended last, whichever way; 0: none.</param>
/// <param name="RunningVersion">The release that serves; null: none.</param>
/// <param name="IsHealthy">Whether it serves as it should.</param>
/// <param name="Detail">Why it is not healthy; or what was put right, when it is.</param>
/// <param name="Pids">The processes that serve.</param>
/// <param name="Since">When this became so.</param>
internal sealed record WorkloadStatus(
    WorkloadKey Key,
    ulong Generation,
    string? RunningVersion,
    bool IsHealthy,
    string Detail,
    IReadOnlyList<int> Pids,
    DateTimeOffset Since);
