using System.CommandLine;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Rollouts;

internal sealed class RolloutListCommand : LeafCommand
{
    private readonly Option<string> _application = CommonOptions.Text("--application", "Only this application's.");
    private readonly Option<string> _environment = CommonOptions.Text("--environment", "Only this environment's.");

    private readonly Option<string[]> _states = new("--state")
    {
        Description = "Only in this state, such as running; may be repeated.",
        HelpName = "STATE",
    };

    private readonly Option<int> _limit = CommonOptions.Limit();

    public RolloutListCommand(Shell shell)
        : base(
            shell,
            "list",
            "Lists the rollouts, newest first.",
            "deployctl rollout list --application shop --environment production",
            "deployctl rollout list --state running -q")
    {
        _application.CompletionSources.Add(NamesClient.Applications(shell));
        _environment.CompletionSources.Add(NamesClient.Environments(shell));
        _states.AcceptOnlyFromAmong([.. Words.Of(V1.RolloutReflection.Descriptor, "RolloutState")]);
        foreach (var option in (Option[])[_application, _environment, _states, _limit])
        {
            Add(option);
        }
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var request = new V1.ListRolloutsRequest
        {
            Application = invocation.Arguments.GetValue(_application) ?? "",
            Environment = invocation.Arguments.GetValue(_environment) ?? "",
        };
        var states = invocation.Arguments.GetValue(_states) ?? [];
        request.States.Add(states.Select(word =>
            (V1.RolloutState)Words.NumberOf(V1.RolloutReflection.Descriptor, "RolloutState", word)));
        var rollouts = await Pages.ReadAsync<V1.Rollout>(
            invocation.Arguments.GetValue(_limit),
            invocation,
            async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                var answer = await client.Rollouts.ListAsync(request, client.Unary(cancellationToken));
                return (answer.Rollouts, answer.NextPageToken);
            });
        invocation.Printer.Rows(
            [.. rollouts.Select(MessageRow.Of)],
            new Column("ID", "id"),
            new Column("APPLICATION", "application"),
            new Column("ENVIRONMENT", "environment"),
            new Column("FROM", "from_version"),
            new Column("TO", "to_version"),
            new Column("STATE", "state"),
            new Column("DONE", RolloutView.Progress),
            Column.Time("CREATED", "created_at"),
            new Column("BY", "created_by"));
        return ExitCode.Done;
    }
}
