using System.CommandLine;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Environments;

internal sealed class EnvironmentListCommand : LeafCommand
{
    private readonly Option<string> _application = CommonOptions.Text("--application", "Only this application's.");
    private readonly Option<int> _limit = CommonOptions.Limit();

    public EnvironmentListCommand(Shell shell)
        : base(
            shell,
            "list",
            "Lists the environments, and the release that each of them runs.",
            "deployctl environment list",
            "deployctl environment list --application shop")
    {
        _application.CompletionSources.Add(NamesClient.Applications(shell));
        Add(_application);
        Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var application = invocation.Arguments.GetValue(_application) ?? "";
        var environments = await Pages.ReadAsync<V1.Environment>(
            invocation.Arguments.GetValue(_limit),
            invocation,
            async (size, token) =>
            {
                var request = new V1.ListEnvironmentsRequest
                {
                    Application = application,
                    PageSize = size,
                    PageToken = token,
                };
                var answer = await client.Environments.ListAsync(request, client.Unary(cancellationToken));
                return (answer.Environments, answer.NextPageToken);
            });
        invocation.Printer.Rows(
            [.. environments.Select(MessageRow.Of)],
            new Column("NAME", "name"),
            new Column("APPLICATION", "application"),
            new Column("CURRENT", "current_version"),
            new Column("POLICY", row => Column.TextOf(row["policy"]?["mode"])),
            new Column("SELECTOR", "selector"),
            Column.Time("UPDATED", "updated_at"));
        return ExitCode.Done;
    }
}
