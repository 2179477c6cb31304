using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.ControlPlane.Hosting;

/// <summary>Where the control plane keeps its files and where it listens.</summary>
internal sealed class HostingOptions
{
    public const string Section = "Hosting";

    [Required]
    public string DataDirectory { get; set; } = "/var/lib/slipway/control-plane";
}

[OptionsValidator]
internal sealed partial class HostingOptionsValidator : IValidateOptions<HostingOptions>;
