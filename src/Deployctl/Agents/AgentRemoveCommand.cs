using System.CommandLine;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Agents;

internal sealed class AgentRemoveCommand : LeafCommand
{
    private readonly Argument<string> _agent = new("AGENT") { Description = "The agent's name or id." };

    private readonly Option<bool> _yes = new("--yes")
    {
        Description = "Do not ask. Without a terminal nothing is asked anyway.",
    };

    public AgentRemoveCommand(Shell shell)
        : base(
            shell,
            "remove",
            "Forgets an agent for good: its certificate is refused from now on. What it runs goes on running.",
            "deployctl agent remove web-1 --yes")
    {
        _agent.CompletionSources.Add(NamesClient.Agents(shell));
        Add(_agent);
        Add(_yes);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var agent = await client.Agents.GetAsync(
            new V1.GetAgentRequest { Id = invocation.Arguments.GetRequiredValue(_agent) },
            client.Unary(cancellationToken));
        var question = $"Forget agent {agent.Name} ({agent.Id}) for good?";
        if (!invocation.Arguments.GetValue(_yes)
            && !await invocation.Terminal.ConfirmAsync(question, cancellationToken))
        {
            invocation.Printer.Note("Nothing was changed.");
            return ExitCode.Interrupted;
        }

        await client.Agents.RemoveAsync(
            new V1.RemoveAgentRequest { Id = agent.Id }, client.Unary(cancellationToken));
        invocation.Printer.Done(MessageRow.Of(agent), "name", $"Agent {agent.Name} is removed.");
        return ExitCode.Done;
    }
}
