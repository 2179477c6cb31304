using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace Slipway.ControlPlane.Dewy;

/// <summary>Where Dewy hosts may ask; nowhere by default, since Dewy speaks plain text and proves nothing.</summary>
internal sealed class DewyOptions : IValidatableObject
{
    public const string Section = "Dewy";

    public IList<DewyListener> Listeners { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < Listeners.Count; i++)
        {
            var listener = Listeners[i];
            if (!IPEndPoint.TryParse(listener.Listen, out _))
            {
                yield return new ValidationResult(
                    $"Dewy:Listeners:{i}:Listen '{listener.Listen}' is not an address: write an IP address and a port, "
                    + "such as 0.0.0.0:9000.");
            }

            var hasApplication = listener.Application.Length > 0;
            var hasEnvironment = listener.Environment.Length > 0;
            if (hasApplication != hasEnvironment)
            {
                yield return new ValidationResult(
                    $"Dewy:Listeners:{i} names only one of Application and Environment: name both, or neither to let "
                    + "each host choose by the name that it connects to, APPLICATION.ENVIRONMENT.REST.");
            }
        }
    }
}

/// <summary>One plain-text address for Dewy hosts, and the environment that they get there.</summary>
internal sealed class DewyListener
{
    public string Listen { get; set; } = "";

    /// <summary>Empty: the host chooses by the name that it connects to.</summary>
    public string Application { get; set; } = "";

    public string Environment { get; set; } = "";
}

[OptionsValidator]
internal sealed partial class DewyOptionsValidator : IValidateOptions<DewyOptions>;
