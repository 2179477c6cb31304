using System.Text.Json;

namespace Slipway.ControlPlane.Agents;

/// <summary>What an agent last said of one workload.</summary>
internal sealed record ObservedWorkload
{
    public required string Application { get; init; }

    public required string Environment { get; init; }

    public long Generation { get; init; }

    /// <summary>The release that serves; empty: none.</summary>
    public string RunningVersion { get; init; } = "";

    public bool IsHealthy { get; init; }

    public string Detail { get; init; } = "";

    public IReadOnlyList<int> Pids { get; init; } = [];

    public DateTimeOffset? Since { get; init; }

    /// <summary>Reads what a row keeps.</summary>
    public static IReadOnlyList<ObservedWorkload> ListFrom(string json) =>
        JsonSerializer.Deserialize<List<ObservedWorkload>>(json) ?? [];

    /// <summary>What a row keeps.</summary>
    public static string ToJson(IEnumerable<ObservedWorkload> workloads) => JsonSerializer.Serialize(workloads);
}
