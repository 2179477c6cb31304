using System.CommandLine;
using System.Text.Json.Nodes;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Applications;

internal sealed class ApplicationGetCommand : LeafCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "The application's name." };

    public ApplicationGetCommand(Shell shell)
        : base(
            shell,
            "get",
            "Shows one application. With -o yaml it is a manifest that deployctl apply takes back.",
            "deployctl application get shop",
            "deployctl application get shop -o yaml > shop.yaml")
    {
        _name.CompletionSources.Add(NamesClient.Applications(shell));
        Add(_name);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var application = await client.Applications.GetAsync(
            new V1.GetApplicationRequest { Name = invocation.Arguments.GetRequiredValue(_name) },
            client.Unary(cancellationToken));
        var row = MessageRow.Of(application);
        row.Insert(0, "kind", JsonValue.Create("Application"));
        invocation.Printer.One(row, "name");
        return ExitCode.Done;
    }
}
