namespace Slipway.ControlPlane.Applications;

/// <summary>When a new generation counts as ready.</summary>
internal sealed record ReadinessSpec(ReadinessKind Kind)
{
    /// <summary>The name of the socket that HTTP and TCP probes connect to; empty: the first.</summary>
    public string Listen { get; init; } = "";

    public string Path { get; init; } = "/";

    /// <summary>The Host header; empty: the socket's address.</summary>
    public string Host { get; init; } = "";

    /// <summary>HTTP statuses that count as ready; empty: 200 to 399.</summary>
    public IReadOnlyList<int> Statuses { get; init; } = [];

    /// <summary>The command that tells.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    public TimeSpan AliveFor { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    public int Successes { get; init; } = 1;
}
