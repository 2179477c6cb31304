using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Slipway.Agent.Deployments;
using Slipway.Agent.Logs;
using Slipway.Shared.Logs;
using Slipway.Shared.Manifests;

namespace Slipway.Agent.Config;

/// <summary>Shows what a workload's programs say, from the files: the agent need not run.</summary>
internal sealed class LogsCommand : Command
{
    private readonly Argument<string> _application = new("APP") { Description = "The application" };

    private readonly Option<string> _environment = new("--environment", "-e")
    {
        Description = "Its environment; not needed when only one is here",
        HelpName = "NAME",
    };

    private readonly Option<bool> _follow = new("--follow", "-f") { Description = "Goes on with what comes" };

    private readonly Option<string> _since = new("--since")
    {
        Description = "Nothing older: a time, or how long ago, such as 10m",
        HelpName = "TIME",
    };

    private readonly Option<int?> _lines = new("--lines", "-n")
    {
        Description = "Only the last lines (100, or all with another choice of lines)",
        HelpName = "N",
    };

    private readonly Option<int> _generation = new("--generation", "-g")
    {
        Description = "Only of this start of the program",
        HelpName = "N",
    };

    private readonly Option<string?> _stream = new("--stream")
    {
        Description = "Only standard output (out) or standard error (err)",
        HelpName = "out|err",
    };

    private readonly Option<string> _cursor = new("--cursor")
    {
        Description = "Goes on after a line that --output json showed",
        HelpName = "CURSOR",
    };

    private readonly Option<string> _stateDir = new("--state-dir")
    {
        Description = "The agent's folder, instead of what the configuration says",
        HelpName = "DIR",
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "text or json",
        HelpName = "text|json",
        DefaultValueFactory = _ => "text",
    };

    private readonly TimeProvider _time;

    public LogsCommand(TimeProvider time)
        : base("logs", "Shows what the programs of a workload say, whether the agent runs or not")
    {
        _time = time;
        _stream.AcceptOnlyFromAmong("out", "err");
        _output.AcceptOnlyFromAmong("text", "json");
        Add(_application);
        foreach (var option in (Option[])
            [_environment, _follow, _since, _lines, _generation, _stream, _cursor, _stateDir, _output])
        {
            Add(option);
        }
    }

    /// <param name="arguments">The command line.</param>
    /// <param name="stateDir">The agent's folder as its configuration says it.</param>
    /// <param name="cancellationToken">Ends a reader that follows.</param>
    public async Task RunAsync(ParseResult arguments, Func<string> stateDir, CancellationToken cancellationToken)
    {
        var folder = new EngineFolder(arguments.GetValue(_stateDir) ?? stateDir());
        var tail = new LogTail(folder.LogOf(KeyOf(arguments, folder)), QueryOf(arguments), _time);
        var isJson = arguments.GetValue(_output) == "json";
        var (output, error) = (arguments.InvocationConfiguration.Output, arguments.InvocationConfiguration.Error);
        try
        {
            await foreach (var slice in tail.ReadAsync(cancellationToken))
            {
                if (slice.Lost != 0)
                {
                    await error.WriteLineAsync(slice.Lost > 0
                        ? string.Create(CultureInfo.InvariantCulture, $"{slice.Lost} lines were deleted unread.")
                        : "The log was begun anew; lines may have been deleted unread.");
                }

                foreach (var line in slice.Lines)
                {
                    await output.WriteLineAsync(isJson ? Json(line) : Text(line));
                }

                await output.FlushAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // That is how following ends.
        }
    }

    private static string Text(LogLine line) => string.Create(
        CultureInfo.InvariantCulture,
        $"{line.At.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {line.Source.Generation} {line.Source.Pid} "
        + $"{WordOf(line)} {SafeText.Of(line.Text)}");

    private static string Json(LogLine line)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("at", line.At);
            json.WriteNumber("generation", line.Source.Generation);
            json.WriteNumber("pid", line.Source.Pid);
            json.WriteString("stream", WordOf(line));
            json.WriteBoolean("partial", line.IsPartial);
            json.WriteString("text", line.Text);
            json.WriteString("cursor", line.Next?.ToString());
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string WordOf(LogLine line) => line.Source.Stream switch
    {
        LogStream.Output => "out",
        LogStream.Error => "err",
        _ => "log",
    };

    private WorkloadKey KeyOf(ParseResult arguments, EngineFolder folder)
    {
        var application = arguments.GetRequiredValue(_application);
        var here = Directory.Exists(folder.Workloads)
            ? folder.FindWorkloads().Where(key => key.Application == application).ToList()
            : [];
        if (arguments.GetValue(_environment) is { } environment)
        {
            here.RemoveAll(key => key.Environment != environment);
        }

        return here switch
        {
            [var only] => only,
            [] => throw new IOException(
                $"{folder.Workloads} has no workload of {application}"
                + (arguments.GetValue(_environment) is { } wanted ? $" in {wanted}." : ".")),
            _ => throw new IOException(
                $"--environment: name one of {string.Join(", ", here.Select(key => key.Environment))}."),
        };
    }

    private LogQuery QueryOf(ParseResult arguments)
    {
        var query = new LogQuery
        {
            Cursor = arguments.GetValue(_cursor) is { } text
                ? LogCursor.Parse(text)
                    ?? throw new IOException($"--cursor: '{text}' is none; take one from --output json.")
                : null,
            Generation = arguments.GetValue(_generation),
            IsFollowing = arguments.GetValue(_follow),
            Since = arguments.GetValue(_since) is { } since ? MomentOf(since) : null,
            Stream = arguments.GetValue(_stream) switch
            {
                null => LogStream.Unspecified,
                "out" => LogStream.Output,
                _ => LogStream.Error,
            },
        };
        return query with
        {
            Lines = arguments.GetValue(_lines)
                ?? (query.HasFilter || query.Cursor is not null ? null : LogQuery.FewLines),
        };
    }

    private DateTimeOffset MomentOf(string text) =>
        DurationText.TryParse(text, out var ago) ? _time.GetUtcNow() - ago
        : DateTimeOffset.TryParse(
            text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment
        : throw new IOException(
            $"--since: '{text}' is neither a duration such as 2h nor a time such as 2026-01-31T12:00Z.");
}
