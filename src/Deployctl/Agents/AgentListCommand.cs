using System.CommandLine;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Agents;

internal sealed class AgentListCommand : LeafCommand
{
    private readonly Option<int> _limit = CommonOptions.Limit();

    private readonly Option<IReadOnlyDictionary<string, string>?> _selector = new("--selector", "-l")
    {
        Description = "Only agents that carry this label; may be repeated.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = Values.Labels,
    };

    public AgentListCommand(Shell shell)
        : base(
            shell,
            "list",
            "Lists the hosts' agents and whether they are connected.",
            "deployctl agent list",
            "deployctl agent list --selector env=production --selector zone=a")
    {
        Add(_selector);
        Add(_limit);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var selector = invocation.Arguments.GetValue(_selector) ?? new Dictionary<string, string>();
        var agents = await Pages.ReadAsync<V1.Agent>(
            invocation.Arguments.GetValue(_limit),
            invocation,
            async (size, token) =>
            {
                var request = new V1.ListAgentsRequest { PageSize = size, PageToken = token };
                request.Selector.Add(selector.ToDictionary());
                var answer = await client.Agents.ListAsync(request, client.Unary(cancellationToken));
                return (answer.Agents, answer.NextPageToken);
            });
        invocation.Printer.Rows(
            [.. agents.Select(MessageRow.Of)],
            new Column("NAME", "name"),
            new Column("STATUS", "status"),
            new Column("PLATFORM", "platform"),
            new Column("VERSION", "agent_version"),
            new Column("LABELS", "labels"),
            Column.Time("LAST SEEN", "last_seen_at"));
        return ExitCode.Done;
    }
}
