namespace Slipway.ControlPlane.Applications;

/// <summary>How much of a program's output each host keeps.</summary>
internal sealed record LogSpec
{
    /// <summary>The size of one file.</summary>
    public string MaxBytes { get; init; } = "10MiB";

    public int MaxFiles { get; init; } = 4;

    /// <summary>Zero: only size counts.</summary>
    public TimeSpan MaxAge { get; init; }
}
