namespace Slipway.Agent.Supervisor;

/// <summary>What a supervisor knows of a process beside its descriptors.</summary>
internal sealed record ChildMemory
{
    /// <summary>The beginning of a line whose end has not come yet.</summary>
    public byte[] PartialLine { get; init; } = [];

    /// <summary>As that, of its standard error.</summary>
    public byte[] PartialErrorLine { get; init; } = [];

    public byte[] Tail { get; init; } = [];

    public int LaunchError { get; init; }

    public string? LaunchStep { get; init; }

    public bool IsKilled { get; init; }

    /// <summary>Its end was told; its session may have members.</summary>
    public bool HasEnded { get; init; }

    /// <summary>When what it left behind is killed.</summary>
    public DateTimeOffset? KillRemnantsAt { get; init; }

    /// <summary>When it is killed itself, after it was asked to finish by a supervisor that gave it up.</summary>
    public DateTimeOffset? KillAt { get; init; }
}
