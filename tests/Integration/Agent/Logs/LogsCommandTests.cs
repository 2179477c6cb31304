using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Slipway.Agent.Config;
using Slipway.Agent.Deployments;
using Slipway.Agent.Logs;

namespace Tests.Integration.Agent.Logs;

public sealed class LogsCommandTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _state = new();

    [Fact]
    public async Task It_shows_each_line_with_its_time_generation_pid_and_stream()
    {
        Write(
            "production",
            (Noon, new(1, 42, LogStream.Output), "hello"),
            (Noon, new(2, 43, LogStream.Error), "oh\e[2J"));

        var (exitCode, output, error) = await RunAsync("shop");

        Assert.Equal((0, ""), (exitCode, error));
        Assert.Equal(
            "2026-01-31T12:00:00.000Z 1 42 out hello\n2026-01-31T12:00:00.000Z 2 43 err oh\\x1b[2J\n", output);
    }

    [Theory]
    [InlineData("", "1 2 3 4")]
    [InlineData("--lines 3", "2 3 4")]
    [InlineData("--lines 0", "")]
    [InlineData("--stream err", "2 4")]
    [InlineData("--stream out --lines 1", "3")]
    [InlineData("--generation 2", "3 4")]
    [InlineData("--generation 2 --stream err", "4")]
    [InlineData("--since 2026-01-31T12:02Z", "2 3 4")]
    [InlineData("--since 2026-01-31T12:02Z -n 1", "4")]
    public async Task It_shows_only_what_is_wanted(string options, string expected)
    {
        Write(
            "production",
            (Noon.AddMinutes(1), new(1, 42, LogStream.Output), "1"),
            (Noon.AddMinutes(2), new(1, 42, LogStream.Error), "2"),
            (Noon.AddMinutes(3), new(2, 43, LogStream.Output), "3"),
            (Noon.AddMinutes(4), new(2, 43, LogStream.Error), "4"));

        var (exitCode, output, _) = await RunAsync(["shop", .. Words(options)]);

        Assert.Equal(0, exitCode);
        Assert.Equal(expected, string.Join(' ', LinesOf(output).Select(line => line[^1])));
    }

    [Fact]
    public async Task What_json_showed_is_where_a_cursor_goes_on()
    {
        Write("production", [.. Enumerable.Range(1, 300).Select(Said)]);

        var (_, output, _) = await RunAsync("shop", "--output", "json", "--lines", "200");
        var first = JsonNode.Parse(LinesOf(output)[0])!;
        var (_, rest, _) = await RunAsync("shop", "-o", "json", "--cursor", (string)first["cursor"]!);

        Assert.Equal("101", (string?)first["text"]);
        Assert.Equal(("out", 7, 42), ((string?)first["stream"], (int)first["generation"]!, (int)first["pid"]!));
        Assert.Equal(
            Enumerable.Range(102, 199).Select(number => number.ToString(CultureInfo.InvariantCulture)),
            LinesOf(rest).Select(line => (string?)JsonNode.Parse(line)!["text"]));
    }

    [Fact]
    public async Task The_environment_is_needed_only_when_there_are_several()
    {
        Write("production", Said(1));
        Write("staging", Said(2));

        var (several, _, choice) = await RunAsync("shop");
        var (one, output, _) = await RunAsync("shop", "-e", "staging");
        var (none, _, missing) = await RunAsync("shop", "-e", "test");

        Assert.Equal((1, 0, 1), (several, one, none));
        Assert.Contains("--environment: name one of production, staging", choice, StringComparison.Ordinal);
        Assert.EndsWith(" 2\n", output, StringComparison.Ordinal);
        Assert.Contains("no workload of shop in test", missing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--cursor", "soon")]
    [InlineData("--since", "soon")]
    public async Task A_wrong_value_is_refused_by_the_options_name(string option, string value)
    {
        Write("production", Said(1));

        var (exitCode, output, error) = await RunAsync("shop", option, value);

        Assert.Equal((1, ""), (exitCode, output));
        Assert.StartsWith($"slipway-agent: {option}: 'soon' is n", error, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task One_that_follows_reads_on_through_rotated_files_and_tells_each_line_once()
    {
        const int Batch = 100;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var log = new LogWriter(LogOf("production"), TimeProvider.System) { Spec = new(4096, 4, TimeSpan.Zero) };
        var said = Channel.CreateUnbounded<string>();
        log.Write(Bytes(Said(0)));
        var following = FollowAsync(said.Writer, ending.Token);
        var heard = new List<string> { await said.Reader.ReadAsync(TestContext.Current.CancellationToken) };
        for (var begin = 1; begin < 10 * Batch; begin += Batch)
        {
            log.Write([.. Enumerable.Range(begin, Batch).SelectMany(number => Bytes(Said(number)))]);
            while (heard.Count < begin + Batch)
            {
                heard.Add(await said.Reader.ReadAsync(TestContext.Current.CancellationToken));
            }
        }

        await ending.CancelAsync();

        Assert.Equal(0, await following);
        Assert.Equal(
            Enumerable.Range(0, heard.Count),
            heard.Select(line => int.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture)));
        Assert.DoesNotContain(LogSegment.ListIn(LogOf("production")), segment => segment.First.Line == 1);
    }

    public void Dispose() => _state.Dispose();

    private string LogOf(string environment) => new EngineFolder(_state.Path).LogOf(new("shop", environment));

    private void Write(string environment, params (DateTimeOffset At, LogSource Source, string Text)[] lines)
    {
        using var log = new LogWriter(LogOf(environment), TimeProvider.System);
        Assert.Equal(0, log.Write([.. lines.SelectMany(Bytes)]));
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        var exitCode = await RunAsync(output, error, TestContext.Current.CancellationToken, arguments);
        return (exitCode, output.ToString(), error.ToString());
    }

    private async Task<int> FollowAsync(ChannelWriter<string> lines, CancellationToken cancellationToken)
    {
        await using var output = new LineWriter(lines);
        return await RunAsync(output, TextWriter.Null, cancellationToken, "shop", "--follow");
    }

    private Task<int> RunAsync(
        TextWriter output, TextWriter error, CancellationToken cancellationToken, params string[] arguments) =>
        AgentCommand.RunAsync(
            ["logs", "--state-dir", _state.Path, .. arguments],
            new() { Output = output, Error = error, ProcessTerminationTimeout = null },
            cancellationToken);

    private static (DateTimeOffset At, LogSource Source, string Text) Said(int number) =>
        (Noon, new(7, 42, LogStream.Output), number.ToString(CultureInfo.InvariantCulture));

    private static byte[] Bytes((DateTimeOffset At, LogSource Source, string Text) line) =>
        [.. LogLine.Prefix(line.At, line.Source), .. Encoding.UTF8.GetBytes($"F {line.Text}\n")];

    private static string[] Words(string options) => options.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static string[] LinesOf(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Lets a test wait for the lines that a program writes.</summary>
    private sealed class LineWriter(ChannelWriter<string> lines) : StringWriter
    {
        public override async Task WriteLineAsync(string? value) => await lines.WriteAsync(value ?? "");
    }
}
