using System.Globalization;
using System.Text.Json.Nodes;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;
using Slipway.Shared.Logs;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Logs;

/// <summary>Shows logs, over broken connections too: each line once.</summary>
internal sealed class TailClient(ControlPlaneClient client, Invocation invocation)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // A control plane that restarts is back within this; one that stays away is reported as unreachable.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly string[] Colors = ["36", "33", "32", "35", "34", "96", "93", "92", "95", "94"];

    private readonly List<string> _agents = [];

    public async Task<ExitCode> ReadAsync(V1.TailLogsRequest request, CancellationToken cancellationToken)
    {
        using var limit = new TimeLimit(invocation, cancellationToken);
        return await limit.RunAsync(token => FollowAsync(request, token), "the programs go on");
    }

    private async Task<ExitCode> FollowAsync(V1.TailLogsRequest request, CancellationToken cancellationToken)
    {
        var time = invocation.Terminal.Time;
        var lastHeard = time.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            try
            {
                using var call = client.Logs.Tail(request, ControlPlaneClient.Stream(cancellationToken));
                await foreach (var response in call.ResponseStream.ReadAllAsync(cancellationToken))
                {
                    Show(response);
                    if (response.Lines is [.., { Cursor: var cursor }] || (cursor = response.Cursor).Length > 0)
                    {
                        request.Cursors[response.AgentName] = cursor;
                    }

                    (lastHeard, pause) = (time.GetTimestamp(), FirstPause);
                }

                return ExitCode.Done;
            }
            catch (RpcException e) when (IsInterruption(e)
                && !cancellationToken.IsCancellationRequested
                && (request.Follow || request.Cursors.Count > 0)
                && time.GetElapsedTime(lastHeard) < Patience)
            {
                lastHeard = pause == FirstPause ? time.GetTimestamp() : lastHeard;
                invocation.Printer.Note($"The connection to {client.Access.Server} broke; trying again.");
            }

            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>The connection broke, or the server goes; what the server says of itself is no such thing.</summary>
    private static bool IsInterruption(RpcException exception) => Problem.From(exception).Reason switch
    {
        "STOPPING" => true,
        "UNKNOWN" => exception.StatusCode
            is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown,
        _ => false,
    };

    private void Show(V1.TailLogsResponse response)
    {
        if (response.Notice is { } notice)
        {
            invocation.Printer.Warn(SafeText.Of(notice.Message));
        }

        foreach (var line in response.Lines)
        {
            invocation.Terminal.Out.WriteLine(invocation.Printer switch
            {
                { Format: OutputFormat.Json } => RowWriter.Json(RowOf(response, line), indented: false),
                { Format: OutputFormat.Yaml } => $"---\n{RowWriter.Yaml(RowOf(response, line))}",
                { IsQuiet: true } => SafeText.Of(line.Text),
                _ => TextOf(response.AgentName, line),
            });
        }
    }

    private static JsonObject RowOf(V1.TailLogsResponse response, V1.LogLine line)
    {
        var row = MessageRow.Of(line);
        row.Insert(0, "agent", response.AgentName);
        return row;
    }

    private static string WordOf(V1.LogLine.Types.Stream stream) => stream switch
    {
        V1.LogLine.Types.Stream.Out => "out",
        V1.LogLine.Types.Stream.Err => "err",
        _ => "log",
    };

    private string TextOf(string agent, V1.LogLine line)
    {
        var name = SafeText.Of(agent);
        if (invocation.Terminal.IsOutputInteractive && invocation.IsColorWanted)
        {
            var index = _agents.IndexOf(agent);
            if (index < 0)
            {
                index = _agents.Count;
                _agents.Add(agent);
            }

            name = $"\e[{Colors[index % Colors.Length]}m{name}\e[0m";
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"{name} {line.At.ToDateTimeOffset().UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {line.Generation} "
            + $"{line.Pid} {WordOf(line.Stream)} {SafeText.Of(line.Text)}");
    }
}
