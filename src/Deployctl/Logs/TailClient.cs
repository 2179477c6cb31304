using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Slipway.Deployctl.Connections;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;
using Slipway.Shared.Logs;

namespace Slipway.Deployctl.Logs;

/// <summary>Shows logs, over broken connections too: each line once.</summary>
internal sealed class TailClient(ControlPlaneClient client, Invocation invocation)
{
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
        var asked = time.GetTimestamp();
        var responses = new StreamClient(client, invocation).ReadAsync(
            options =>
            {
                request.AskedAgo = request.Follow ? time.GetElapsedTime(asked).ToDuration() : null;
                return client.Logs.Tail(request, options);
            },
            () => request.Follow || request.Cursors.Count > 0,
            cancellationToken);
        await foreach (var response in responses)
        {
            Show(response);
            if (response.Lines is [.., { Cursor: var cursor }] || (cursor = response.Cursor).Length > 0)
            {
                request.Cursors[response.AgentName] = cursor;
            }
        }

        return ExitCode.Done;
    }

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
