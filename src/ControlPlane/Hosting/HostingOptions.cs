using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.Extensions.Options;

namespace Slipway.ControlPlane.Hosting;

/// <summary>Where the control plane keeps its files and where it listens.</summary>
internal sealed class HostingOptions : IValidatableObject
{
    public const string Section = "Hosting";

    private const string DefaultListen = "0.0.0.0:7443";

    [Required]
    public string DataDirectory { get; set; } = "/var/lib/slipway/control-plane";

    /// <summary>Addresses for TLS, such as <c>0.0.0.0:7443</c> or <c>[::]:7443</c>; port 0 takes a free one.</summary>
    public IList<string> Listen { get; set; } = [];

    /// <summary>A loopback address without TLS, for tools on the same host; none by default.</summary>
    public string? InsecureListen { get; set; }

    /// <summary>Further names and addresses under which clients know this server.</summary>
    public IList<string> HostNames { get; set; } = [];

    public IReadOnlyList<IPEndPoint> TlsEndpoints() =>
        [.. (Listen.Count > 0 ? Listen : [DefaultListen]).Select(IPEndPoint.Parse)];

    public IPEndPoint? InsecureEndpoint() => InsecureListen is null ? null : IPEndPoint.Parse(InsecureListen);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var address in Listen.Where(address => !IsAddress(address)))
        {
            yield return new ValidationResult(
                $"Hosting:Listen '{address}' is not an address: write an IP address and a port, such as 0.0.0.0:7443.",
                [nameof(Listen)]);
        }

        if (InsecureListen is not null && !IsLoopback(InsecureListen))
        {
            yield return new ValidationResult(
                $"Hosting:InsecureListen '{InsecureListen}' is not on loopback: without TLS only 127.0.0.1:PORT or "
                + "[::1]:PORT is allowed.",
                [nameof(InsecureListen)]);
        }

        foreach (var name in HostNames.Where(name => Uri.CheckHostName(name) == UriHostNameType.Unknown))
        {
            yield return new ValidationResult(
                $"Hosting:HostNames '{name}' is neither a host name nor an IP address.",
                [nameof(HostNames)]);
        }
    }

    private static bool IsLoopback(string text) =>
        IsAddress(text) && IPEndPoint.Parse(text) is var endpoint && IPAddress.IsLoopback(endpoint.Address);

    // IPEndPoint takes an address without a port, and would listen on any.
    private static bool IsAddress(string text) =>
        IPEndPoint.TryParse(text, out var endpoint)
        && text.EndsWith($":{endpoint.Port}", StringComparison.Ordinal)
        && !text.Equals(endpoint.Address.ToString(), StringComparison.Ordinal);
}

[OptionsValidator]
internal sealed partial class HostingOptionsValidator : IValidateOptions<HostingOptions>;
