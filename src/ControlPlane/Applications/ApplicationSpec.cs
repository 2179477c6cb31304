namespace Slipway.ControlPlane.Applications;

/// <summary>What can be deployed, as it was asked for; defaults are already filled in.</summary>
internal sealed record ApplicationSpec
{
    public required string Name { get; init; }

    public string Description { get; init; } = "";

    public required RuntimeSpec Runtime { get; init; }
}
