using System.CommandLine;
using System.Text.Json.Nodes;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Environments;

internal sealed class EnvironmentGetCommand : LeafCommand
{
    private readonly Argument<string> _application = new("APPLICATION") { Description = "The application's name." };
    private readonly Argument<string> _name = new("NAME") { Description = "The environment's name." };

    public EnvironmentGetCommand(Shell shell)
        : base(
            shell,
            "get",
            "Shows one environment. With -o yaml it is a manifest that deployctl apply takes back.",
            "deployctl environment get shop production")
    {
        _application.CompletionSources.Add(NamesClient.Applications(shell));
        _name.CompletionSources.Add(NamesClient.Environments(shell));
        Add(_application);
        Add(_name);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var request = new V1.GetEnvironmentRequest
        {
            Application = invocation.Arguments.GetRequiredValue(_application),
            Name = invocation.Arguments.GetRequiredValue(_name),
        };
        var environment = await client.Environments.GetAsync(request, client.Unary(cancellationToken));
        var row = MessageRow.Of(environment);
        row.Insert(0, "kind", JsonValue.Create("Environment"));
        invocation.Printer.One(row, "name");
        return ExitCode.Done;
    }
}
