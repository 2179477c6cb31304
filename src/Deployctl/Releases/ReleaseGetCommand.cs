using System.CommandLine;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Releases;

internal sealed class ReleaseGetCommand : LeafCommand
{
    private readonly Argument<string> _application = new("APPLICATION") { Description = "The application's name." };
    private readonly Argument<string> _version = new("VERSION") { Description = "The release's version." };

    public ReleaseGetCommand(Shell shell)
        : base(shell, "get", "Shows one release with the digests of its artifacts.", "deployctl release get shop 1.5.0")
    {
        _application.CompletionSources.Add(NamesClient.Applications(shell));
        Add(_application);
        Add(_version);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var request = new V1.GetReleaseRequest
        {
            Application = invocation.Arguments.GetRequiredValue(_application),
            Version = invocation.Arguments.GetRequiredValue(_version),
        };
        var release = await client.Releases.GetAsync(request, client.Unary(cancellationToken));
        invocation.Printer.One(MessageRow.Of(release), "version");
        return ExitCode.Done;
    }
}
