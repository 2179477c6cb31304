using System.Globalization;
using System.Text.Json.Nodes;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;
using Slipway.Shared.Rpc;
using Spectre.Console;

namespace Slipway.Deployctl.Rollouts;

/// <summary>Follows a rollout to its end, over broken connections too, and shows each change.</summary>
internal sealed class WatchClient(ControlPlaneClient client, Invocation invocation)
{
    public async Task<ExitCode> FollowAsync(string id, CancellationToken cancellationToken)
    {
        using var limit = new TimeLimit(invocation, cancellationToken);
        return await limit.RunAsync(
            token => ShowAsync(id, token),
            $"rollout {id} goes on; follow it with: deployctl rollout status {id} --watch");
    }

    private async Task<ExitCode> ShowAsync(string id, CancellationToken cancellationToken)
    {
        var isLive = invocation.Terminal.IsOutputInteractive
            && invocation.Printer is { Format: OutputFormat.Table, IsQuiet: false };
        if (!isLive)
        {
            JsonObject? before = null;
            return await ReadAsync(
                id,
                now =>
                {
                    ShowLine(before, now);
                    before = now;
                },
                cancellationToken);
        }

        return await invocation.Live(invocation.Terminal.Out).Live(new Text("")).StartAsync(context => ReadAsync(
            id,
            now =>
            {
                context.UpdateTarget(RolloutView.Live(now));
                context.Refresh();
            },
            cancellationToken));
    }

    private void ShowLine(JsonObject? before, JsonObject now)
    {
        var (terminal, printer) = (invocation.Terminal, invocation.Printer);
        switch (printer.Format)
        {
            case OutputFormat.Json:
                terminal.Out.WriteLine(RowWriter.Json(now, indented: false));
                break;
            case OutputFormat.Yaml:
                terminal.Out.WriteLine($"---\n{RowWriter.Yaml(now)}");
                break;
            case OutputFormat.Table when !printer.IsQuiet:
                var at = terminal.Time.GetUtcNow().ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture);
                foreach (var line in RolloutView.Changes(before, now))
                {
                    terminal.Out.WriteLine($"{at} {RowWriter.Printable(line)}");
                }

                break;
        }
    }

    private async Task<ExitCode> ReadAsync(string id, Action<JsonObject> show, CancellationToken cancellationToken)
    {
        var states = new StreamClient(client, invocation).ReadAsync(
            options => client.Rollouts.Watch(new V1.GetRolloutRequest { Id = id }, options),
            () => true,
            cancellationToken);
        await foreach (var rollout in states)
        {
            var row = MessageRow.Of(rollout);
            show(row);
            if (ExitCodes.OfRollout((string?)row["state"]) is { } end)
            {
                return end;
            }
        }

        throw new ProblemException(new(
            StatusCode.Internal,
            "UNKNOWN_STATE",
            "The rollout ended in a state that this deployctl does not know: upgrade it to the server's version."));
    }
}
