using System.Net;
using Microsoft.Extensions.Logging;
using Slipway.Agent.Deployments;
using Slipway.Agent.Hosting;
using Slipway.Shared.Modules;

namespace Slipway.Agent.Link;

/// <summary>The app <c>link</c>: stays connected to the control plane, for the app <c>deployments</c>.</summary>
[Module("link")]
internal sealed class LinkApp : IApp, IProvision, IValidate
{
    private const int LongestName = 253;
    private ControlPlaneLink? _link;
    private Func<ControlPlaneLink>? _make;

    /// <summary>The control plane's address, such as <c>https://control.example.com:7443</c>.</summary>
    public required string ControlPlane { get; set; }

    /// <summary>What this agent is called; by default as the host.</summary>
    public string? Name { get; set; }

    /// <summary>Where the enrolment token is; needed until the agent has enrolled.</summary>
    public string? TokenFile { get; set; }

    public async Task ProvisionAsync(ModuleContext context, CancellationToken cancellationToken)
    {
        var deployments = await context.AppAsync<DeploymentsApp>("deployments", cancellationToken);
        var parts = new LinkParts(
            context.Service<TimeProvider>(),
            context.Service<Random>(),
            context.Service<ILoggerFactory>().CreateLogger(typeof(LinkApp).FullName!));
        var store = context.Service<IdentityStore>();
        _make = () => new(
            new(new Uri(ControlPlane), TokenFile),
            store,
            HostFacts.Read(Name, BuildInfo.Version),
            LinkedDeployments.Of(deployments.Engine),
            parts);
    }

    public IEnumerable<string> Validate()
    {
        if (!Uri.TryCreate(ControlPlane, UriKind.Absolute, out var address) || !IsAllowed(address))
        {
            yield return "control_plane: must be an https address such as https://control.example.com:7443; "
                + "http only to a loopback address";
        }
        else if (address.PathAndQuery != "/" || address.UserInfo.Length > 0)
        {
            yield return "control_plane: must have no path, query or user";
        }

        if (Name is { Length: 0 or > LongestName })
        {
            yield return $"name: must have 1 to {LongestName} characters";
        }

        if (TokenFile is not null && !Path.IsPathFullyQualified(TokenFile))
        {
            yield return "token_file: must be an absolute path";
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _link = _make!();
        _link.Start();
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_link is { } link)
        {
            await link.DisposeAsync();
        }
    }

    private static bool IsAllowed(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps
        || (address.Scheme == Uri.UriSchemeHttp
            && (address.Host == "localhost"
                || (IPAddress.TryParse(address.IdnHost, out var ip) && IPAddress.IsLoopback(ip))));
}
