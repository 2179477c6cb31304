using System.CommandLine;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Applications;

internal sealed class ApplicationListCommand : LeafCommand
{
    private static readonly string[] Kinds = ["server", "assets", "agent"];

    private readonly Option<int> _limit = CommonOptions.Limit();

    public ApplicationListCommand(Shell shell)
        : base(shell, "list", "Lists the applications.", "deployctl application list", "deployctl application list -q")
    {
        Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var applications = await Pages.ReadAsync<V1.Application>(
            invocation.Arguments.GetValue(_limit),
            invocation,
            async (size, token) =>
            {
                var answer = await client.Applications.ListAsync(
                    new V1.ListApplicationsRequest { PageSize = size, PageToken = token },
                    client.Unary(cancellationToken));
                return (answer.Applications, answer.NextPageToken);
            });
        invocation.Printer.Rows(
            [.. applications.Select(MessageRow.Of)],
            new Column("NAME", "name"),
            new Column("RUNTIME", row => Array.Find(Kinds, row.ContainsKey) ?? "-"),
            new Column("DESCRIPTION", "description"),
            Column.Time("UPDATED", "updated_at"));
        return ExitCode.Done;
    }
}
