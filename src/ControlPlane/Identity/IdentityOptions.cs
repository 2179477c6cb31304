namespace Slipway.ControlPlane.Identity;

internal sealed class IdentityOptions
{
    public const string Section = "Identity";

    /// <summary>Where the first administrator's token is written, instead of being printed.</summary>
    public string? BootstrapTokenFile { get; set; }
}
