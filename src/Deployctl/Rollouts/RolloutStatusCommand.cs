using System.CommandLine;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Rollouts;

internal sealed class RolloutStatusCommand : LeafCommand
{
    private readonly Argument<string> _target = new("ROLLOUT")
    {
        Description = "The rollout's id; or, with --environment, the application whose newest rollout is meant.",
    };

    private readonly Option<string> _environment = CommonOptions.Text(
        "--environment", "The environment whose newest rollout is meant.");

    private readonly Option<bool> _watch = new("--watch", "-w")
    {
        Description = "Follow it to its end; the exit code is then the outcome's: 0 succeeded, 10 failed, "
            + "11 rolled back, 13 aborted, 14 superseded, 124 --timeout is over, 130 Ctrl-C.",
    };

    public RolloutStatusCommand(Shell shell)
        : base(
            shell,
            "status",
            "Shows a rollout: what each agent does, and the one thing that the rollout waits for.",
            "deployctl rollout status 01890a5d-ac96-774b-bcce-b302099a8057 --watch",
            "deployctl rollout status shop --environment production --watch --timeout 15m")
    {
        _target.CompletionSources.Add(NamesClient.Applications(shell));
        _environment.CompletionSources.Add(NamesClient.Environments(shell));
        Add(_target);
        Add(_environment);
        Add(_watch);
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        var target = invocation.Arguments.GetRequiredValue(_target);
        var id = invocation.Arguments.GetValue(_environment) is { } environment
            ? await NewestAsync(client, target, environment, cancellationToken)
            : target;
        if (invocation.Arguments.GetValue(_watch))
        {
            return await new WatchClient(client, invocation).FollowAsync(id, cancellationToken);
        }

        var rollout = await client.Rollouts.GetAsync(
            new V1.GetRolloutRequest { Id = id }, client.Unary(cancellationToken));
        var row = MessageRow.Of(rollout);
        if (invocation.Printer is { Format: OutputFormat.Table, IsQuiet: false })
        {
            await invocation.Terminal.Out.WriteLineAsync(RolloutView.Text(row));
        }
        else
        {
            invocation.Printer.One(row, "state");
        }

        return ExitCode.Done;
    }

    private static async Task<string> NewestAsync(
        ControlPlaneClient client,
        string application,
        string environment,
        CancellationToken cancellationToken)
    {
        var request = new V1.ListRolloutsRequest { Application = application, Environment = environment, PageSize = 1 };
        var found = await client.Rollouts.ListAsync(request, client.Unary(cancellationToken));
        return found.Rollouts.FirstOrDefault()?.Id ?? throw new ProblemException(Problem.NotFound(
            "ROLLOUT_NOT_FOUND",
            $"{application}/{environment} has had no rollout: deployctl rollout start begins one"));
    }
}
