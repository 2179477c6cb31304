namespace Slipway.ControlPlane.Applications;

/// <summary>How soon a program that ended by itself is started again.</summary>
internal sealed record RestartSpec
{
    public TimeSpan Min { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan Max { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Who lived this long begins with the shortest pause again.</summary>
    public TimeSpan Reset { get; init; } = TimeSpan.FromSeconds(60);
}
