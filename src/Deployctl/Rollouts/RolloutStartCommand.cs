using System.CommandLine;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Rollouts;

internal sealed class RolloutStartCommand : LeafCommand
{
    private readonly Argument<string> _application = new("APPLICATION") { Description = "The application's name." };

    private readonly Option<string> _environment = new("--environment", "-e")
    {
        Description = "The environment to take to the release.",
        HelpName = "NAME",
        Required = true,
    };

    private readonly Option<string> _version = CommonOptions.Text(
        "--version", "The release. [default: the newest that the environment's policy takes]", "VERSION");

    private readonly Option<string> _reason = CommonOptions.Text("--reason", "Why, for the history.", "TEXT");

    private readonly Option<bool> _supersede = new("--supersede")
    {
        Description = "End an active rollout of the environment instead of being refused.",
    };

    private readonly Option<string?> _expectCurrent = new("--expect-current")
    {
        Description = "Only if the environment runs this version now; otherwise refused (exit code 4).",
        HelpName = "VERSION",
    };

    private readonly Option<string> _idempotencyKey = CommonOptions.Text(
        "--idempotency-key", "The same key gives the same rollout again, such as a CI job's id.", "KEY");

    private readonly Option<bool> _watch = new("--watch", "-w")
    {
        Description = "Follow it to its end; the exit code is then the outcome's, as of rollout status --watch.",
    };

    public RolloutStartCommand(Shell shell)
        : base(
            shell,
            "start",
            "Starts to take an environment to a release, batch by batch.",
            "deployctl rollout start shop --environment production",
            "deployctl rollout start shop -e production --version 1.5.0 --watch --timeout 15m",
            "deployctl rollout start shop -e production --version 1.4.2 --supersede --reason 'checkout is broken'")
    {
        _application.CompletionSources.Add(NamesClient.Applications(shell));
        _environment.CompletionSources.Add(NamesClient.Environments(shell));
        Add(_application);
        foreach (var option in (Option[])
            [_environment, _version, _reason, _supersede, _expectCurrent, _idempotencyKey, _watch])
        {
            Add(option);
        }
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var rollout = await client.Rollouts.StartAsync(
            RequestOf(invocation), client.Unary(cancellationToken));

        var row = MessageRow.Of(rollout);
        var isWatching = invocation.Arguments.GetValue(_watch);
        if (!isWatching || invocation.Printer.Format == OutputFormat.Table)
        {
            invocation.Printer.Done(row, "id", $"Rollout {rollout.Id} started. {RolloutView.Title(row)}");
        }

        return isWatching
            ? await new WatchClient(client, invocation).FollowAsync(rollout.Id, cancellationToken)
            : ExitCode.Done;
    }

    private V1.StartRolloutRequest RequestOf(Invocation invocation)
    {
        var arguments = invocation.Arguments;
        var request = new V1.StartRolloutRequest
        {
            Application = arguments.GetRequiredValue(_application),
            Environment = arguments.GetRequiredValue(_environment),
            Version = arguments.GetValue(_version) ?? "",
            Reason = arguments.GetValue(_reason) ?? "",
            Supersede = arguments.GetValue(_supersede),
            IdempotencyKey = arguments.GetValue(_idempotencyKey) ?? "",
        };
        if (arguments.GetValue(_expectCurrent) is { } expected)
        {
            request.ExpectedCurrent = expected;
        }

        return request;
    }
}
