using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Slipway.Deployctl.Invocations;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace Slipway.Deployctl.Logs;

internal sealed class LogsCommand : LeafCommand
{
    private const int FewLines = 100;

    private readonly Argument<string> _application = new("APPLICATION") { Description = "The application." };

    private readonly Option<string> _environment = new("--environment", "-e")
    {
        Description = "Its environment.",
        HelpName = "NAME",
        Required = true,
    };

    private readonly Option<string[]> _agents = new("--agent")
    {
        Description = "Only of this agent; may be repeated. [default: all that run it]",
        HelpName = "NAME",
    };

    private readonly Option<bool> _follow = new("--follow", "-f")
    {
        Description = "Go on with what comes, over broken connections, until Ctrl-C.",
    };

    private readonly Option<DateTimeOffset?> _since;

    private readonly Option<int?> _lines = new("--lines", "-n")
    {
        Description = "The last lines of each agent. [default: 100, or all with another choice of lines]",
        HelpName = "N",
    };

    private readonly Option<int> _generation = new("--generation", "-g")
    {
        Description = "Only of this start of the program.",
        HelpName = "N",
    };

    private readonly Option<string?> _stream = new("--stream")
    {
        Description = "Only standard output (out) or standard error (err).",
        HelpName = "out|err",
    };

    private readonly Option<IReadOnlyDictionary<string, string>?> _cursors = new("--cursor")
    {
        Description = "Go on after the line of this agent that has this cursor in -o json; may be repeated.",
        HelpName = "AGENT=CURSOR",
        CustomParser = Cursors,
    };

    public LogsCommand(Shell shell)
        : base(
            shell,
            "logs",
            "Shows what an application says on its hosts, in the order of the times.",
            "deployctl logs shop --environment production --follow",
            "deployctl logs shop -e production --agent web-1 --since 10m -o json")
    {
        _application.CompletionSources.Add(NamesClient.Applications(shell));
        _environment.CompletionSources.Add(NamesClient.Environments(shell));
        _stream.AcceptOnlyFromAmong("out", "err");
        _agents.CompletionSources.Add(NamesClient.Agents(shell));
        _since = CommonOptions.Moment("--since", "Not older than this: a time, or how long ago.", shell.Terminal.Time);
        Add(_application);
        foreach (var option in (Option[])
            [_environment, _agents, _follow, _since, _lines, _generation, _stream, _cursors])
        {
            Add(option);
        }
    }

    protected override async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var client = await invocation.ConnectAsync(cancellationToken);
        return await new TailClient(client, invocation).ReadAsync(
            RequestOf(invocation.Arguments), cancellationToken);
    }

    private static Dictionary<string, string>? Cursors(ArgumentResult argument)
    {
        var cursors = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in argument.Tokens.Select(token => token.Value))
        {
            if (text.IndexOf('=', StringComparison.Ordinal) is not (> 0 and var at) || at == text.Length - 1)
            {
                argument.AddError(string.Create(
                    CultureInfo.InvariantCulture, $"--cursor: '{text}' is not AGENT=CURSOR, as in web-1=68a1b2c3-42"));
                return null;
            }

            cursors[text[..at]] = text[(at + 1)..];
        }

        return cursors;
    }

    private V1.TailLogsRequest RequestOf(ParseResult arguments)
    {
        var cursors = arguments.GetValue(_cursors);
        var request = new V1.TailLogsRequest
        {
            Application = arguments.GetRequiredValue(_application),
            Environment = arguments.GetRequiredValue(_environment),
            Agents = { arguments.GetValue(_agents) ?? [] },
            Since = arguments.GetValue(_since) is { } since ? Timestamp.FromDateTimeOffset(since) : null,
            Generation = arguments.GetValue(_generation),
            Follow = arguments.GetValue(_follow),
            Stream = arguments.GetValue(_stream) switch
            {
                null => V1.LogLine.Types.Stream.Unspecified,
                "out" => V1.LogLine.Types.Stream.Out,
                _ => V1.LogLine.Types.Stream.Err,
            },
        };
        if (arguments.GetValue(_lines) is { } lines)
        {
            request.Lines = lines;
        }
        else if (request is { Since: null, Generation: 0 } && cursors is null && arguments.GetValue(_stream) is null)
        {
            request.Lines = FewLines;
        }

        foreach (var (agent, cursor) in cursors ?? new Dictionary<string, string>())
        {
            request.Cursors[agent] = cursor;
        }

        return request;
    }
}
