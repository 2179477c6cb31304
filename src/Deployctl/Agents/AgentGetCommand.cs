using System.CommandLine;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Agents;

internal sealed class AgentGetCommand : LeafCommand
{
    private readonly Argument<string> _agent = new("AGENT") { Description = "The agent's name or id." };

    public AgentGetCommand(Shell shell)
        : base(
            shell,
            "get",
            "Shows one agent: labels, certificate, and each workload as asked for and as observed.",
            "deployctl agent get web-1")
    {
        _agent.CompletionSources.Add(NamesClient.Agents(shell));
        Add(_agent);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var agent = await client.Agents.GetAsync(
            new V1.GetAgentRequest { Id = invocation.Arguments.GetRequiredValue(_agent) },
            client.Unary(cancellationToken));
        invocation.Printer.One(MessageRow.Of(agent), "name");
        return ExitCode.Done;
    }
}
