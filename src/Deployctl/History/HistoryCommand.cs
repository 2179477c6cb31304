using System.CommandLine;
using System.Text.Json.Nodes;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace Slipway.Deployctl.History;

internal sealed class HistoryCommand : LeafCommand
{
    private readonly Argument<string?> _id = new("DEPLOYMENT")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "The id of one deployment, which is shown with all that is known of it.",
    };

    private readonly Option<string> _application = CommonOptions.Text("--application", "Only this application's.");
    private readonly Option<string> _environment = CommonOptions.Text("--environment", "Only this environment's.");
    private readonly Option<string> _agent = CommonOptions.Text("--agent", "Only on this agent: its name or id.");
    private readonly Option<string> _version = CommonOptions.Text("--version", "Only of this release.", "VERSION");
    private readonly Option<string> _rollout = CommonOptions.Text("--rollout", "Only of this rollout.", "ID");

    private readonly Option<string[]> _phases = new("--phase")
    {
        Description = "Only in this phase, such as failed; may be repeated.",
        HelpName = "PHASE",
    };

    private readonly Option<DateTimeOffset?> _since;
    private readonly Option<DateTimeOffset?> _until;
    private readonly Option<int> _limit = CommonOptions.Limit();

    public HistoryCommand(Shell shell)
        : base(
            shell,
            "history",
            "Lists deployments, newest first: which release, on which host, when, how it ended, and how its program "
                + "ended by itself since.",
            "deployctl history --application shop --environment production",
            "deployctl history 0198d2c4-8a6e-7c31-9d0b-5d1f0f0f3a11",
            "deployctl history --agent web-1 --phase failed --since 7d -o json")
    {
        _application.CompletionSources.Add(NamesClient.Applications(shell));
        _environment.CompletionSources.Add(NamesClient.Environments(shell));
        _agent.CompletionSources.Add(NamesClient.Agents(shell));
        _phases.AcceptOnlyFromAmong([.. Words.Of(V1.DeploymentReflection.Descriptor, "DeploymentPhase")]);
        _since = CommonOptions.Moment("--since", "Not older than this: a time, or how long ago.", shell.Terminal.Time);
        _until = CommonOptions.Moment("--until", "Not newer than this: a time, or how long ago.", shell.Terminal.Time);
        Add(_id);
        foreach (var option in (Option[])
            [_application, _environment, _agent, _version, _rollout, _phases, _since, _until, _limit])
        {
            Add(option);
        }
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var request = RequestOf(invocation.Arguments);
        var deployments = await Pages.ReadAsync<V1.Deployment>(
            invocation.Arguments.GetValue(_limit),
            invocation,
            async (size, token) =>
            {
                (request.PageSize, request.PageToken) = (size, token);
                var answer = await client.History.ListAsync(request, client.Unary(cancellationToken));
                return (answer.Deployments, answer.NextPageToken);
            });
        if (request.Id.Length > 0)
        {
            invocation.Printer.One(
                deployments is [var found] ? MessageRow.Of(found) : throw new ProblemException(Problem.NotFound(
                    "DEPLOYMENT_NOT_FOUND", $"There is no deployment {request.Id}: deployctl history lists all.")),
                "id");
            return ExitCode.Done;
        }

        invocation.Printer.Rows(
            [.. deployments.Select(MessageRow.Of)],
            new Column("ID", "id"),
            Column.Time("CREATED", "created_at"),
            new Column("APPLICATION", "application"),
            new Column("ENVIRONMENT", "environment"),
            new Column("AGENT", "agent_name"),
            new Column("FROM", "previous_version"),
            new Column("TO", "version"),
            new Column("PHASE", "phase"),
            new Column("REASON", "reason"),
            new Column("DETAIL", "detail"),
            new Column("LAST END", row => LastEndOf(row["ends"] as JsonArray)));
        return ExitCode.Done;
    }

    /// <summary>How the program ended by itself the last time.</summary>
    private static string LastEndOf(JsonArray? ends) =>
        ends is [.., { } last] ? $"{Column.TimeOf(last["at"])} {Column.TextOf(last["reason"])}" : "-";

    private V1.ListHistoryRequest RequestOf(ParseResult arguments)
    {
        var request = new V1.ListHistoryRequest
        {
            Id = arguments.GetValue(_id) ?? "",
            Application = arguments.GetValue(_application) ?? "",
            Environment = arguments.GetValue(_environment) ?? "",
            Agent = arguments.GetValue(_agent) ?? "",
            Version = arguments.GetValue(_version) ?? "",
            RolloutId = arguments.GetValue(_rollout) ?? "",
            Since = arguments.GetValue(_since) is { } since ? Timestamp.FromDateTimeOffset(since) : null,
            Until = arguments.GetValue(_until) is { } until ? Timestamp.FromDateTimeOffset(until) : null,
        };
        var phases = arguments.GetValue(_phases) ?? [];
        request.Phases.Add(phases.Select(word =>
            (V1.DeploymentPhase)Words.NumberOf(V1.DeploymentReflection.Descriptor, "DeploymentPhase", word)));
        return request;
    }
}
