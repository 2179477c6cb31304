namespace Slipway.ControlPlane.Applications;

/// <summary>As whom, where and within which limits a program runs; what is empty or null is up to the host.</summary>
internal sealed record ConfinementSpec
{
    public string User { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    /// <summary>Octal.</summary>
    public string Umask { get; init; } = "";

    /// <summary>Relative to the release.</summary>
    public string WorkingDirectory { get; init; } = "";

    public bool? NoNewPrivileges { get; init; }

    /// <summary>Sorted by name.</summary>
    public IReadOnlyDictionary<string, string> ResourceLimits { get; init; } = new Dictionary<string, string>();

    public string MemoryMax { get; init; } = "";

    /// <summary>Cores.</summary>
    public string Cpu { get; init; } = "";

    public int PidsMax { get; init; }
}
