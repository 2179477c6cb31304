namespace Slipway.Agent.Deployments;

/// <summary>As whom, where and within which limits a program runs; null: as the supervisor itself.</summary>
internal sealed record ConfinementSpec
{
    /// <summary>A name or a number.</summary>
    public string? User { get; init; }

    /// <summary>Names or numbers, the primary one first.</summary>
    public IReadOnlyList<string>? Groups { get; init; }

    public int? Umask { get; init; }

    /// <summary>Relative to the release.</summary>
    public string? WorkingDirectory { get; init; }

    public bool? NoNewPrivileges { get; init; }

    /// <summary>By setrlimit's names in lower case; -1: unlimited.</summary>
    public IReadOnlyDictionary<string, long>? ResourceLimits { get; init; }

    /// <summary>Bytes; null: no limit.</summary>
    public long? MemoryMax { get; init; }

    /// <summary>Cores; null: no limit.</summary>
    public double? Cpu { get; init; }

    public int? PidsMax { get; init; }
}
