using System.CommandLine;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Rollouts;

internal sealed class RolloutAbortCommand : LeafCommand
{
    private readonly Argument<string> _id = new("ROLLOUT") { Description = "The rollout's id." };

    private readonly Option<string> _reason = new("--reason")
    {
        Description = "Why, for the history.",
        HelpName = "TEXT",
        Required = true,
    };

    public RolloutAbortCommand(Shell shell)
        : base(
            shell,
            "abort",
            "Stops a rollout: agents that are under way go back, agents that are done stay.",
            "deployctl rollout abort 01890a5d-ac96-774b-bcce-b302099a8057 --reason 'error rate is up'")
    {
        Add(_id);
        Add(_reason);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var request = new V1.AbortRolloutRequest
        {
            Id = invocation.Arguments.GetRequiredValue(_id),
            Reason = invocation.Arguments.GetRequiredValue(_reason),
        };
        var rollout = await client.Rollouts.AbortAsync(request, client.Unary(cancellationToken));
        var row = MessageRow.Of(rollout);
        invocation.Printer.Done(row, "id", $"Rollout {rollout.Id}: {RolloutView.StateLine(row)}");
        return ExitCode.Done;
    }
}
