using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Slipway.Agent.Logs;
using Slipway.ControlPlane.Environments;
using Tests.Integration.ControlPlane;
using Tests.Integration.ControlPlane.Logs;
using Tests.Integration.ControlPlane.Rollouts;

namespace Tests.Integration.Deployctl;

/// <summary>What somebody at a terminal sees of logs: real connections, the agent's real link.</summary>
public sealed class LogsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Ended => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_line_has_agent_time_generation_pid_and_stream_and_cannot_take_the_terminal_over()
    {
        await using var server = await StartAsync();
        await using var host = await TailHost.StartAsync(server, "web-1");
        host.Say(Noon, LogStream.Output, "hello");
        host.Say(Noon.AddSeconds(1), LogStream.Error, "\e]0;title\a\u009b2J\u202eoh");
        using var reader = Operator.Of(server);

        var text = await reader.DoAsync("logs", "shop", "--environment", "production");
        var bare = await reader.DoAsync("logs", "shop", "-e", "production", "-q", "--stream", "err");
        var json = await reader.DoAsync("logs", "shop", "-e", "production", "-o", "json");

        Assert.Equal(
            "web-1 2026-01-31T12:00:00.000Z 1 42 out hello\n"
                + "web-1 2026-01-31T12:00:01.000Z 1 42 err \\x1b]0;title\\x07\\x9b2J\\u202eoh\n",
            text);
        Assert.Equal("\\x1b]0;title\\x07\\x9b2J\\u202eoh\n", bare);
        var rows = json.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("\e]0;title\a\u009b2J\u202eoh", (string?)JsonNode.Parse(rows[1])!["text"]);
        Assert.Equal("web-1", (string?)JsonNode.Parse(rows[0])!["agent"]);
        Assert.DoesNotContain(rows[1], letter => char.IsControl(letter) || letter == '\u202e');
    }

    [Fact]
    public async Task Without_a_choice_it_shows_the_last_hundred_and_a_cursor_goes_on()
    {
        await using var server = await StartAsync();
        await using var host = await TailHost.StartAsync(server, "web-1");
        host.Say(Enumerable.Range(1, 250).Select(number => $"{number}"));
        using var reader = Operator.Of(server);

        var few = await reader.DoAsync("logs", "shop", "-e", "production", "-o", "json");
        var first = JsonNode.Parse(few.Split('\n')[0])!;
        var rest = await reader.DoAsync(
            "logs", "shop", "-e", "production", "-q", "--cursor", $"web-1={(string?)first["cursor"]}");

        Assert.Equal("151", (string?)first["text"]);
        Assert.Equal(Enumerable.Range(152, 99).Select(number => $"{number}"), rest.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task What_is_not_there_ends_with_three_and_an_agent_that_is_away_with_four()
    {
        await using var server = await StartAsync();
        await using var host = await TailHost.StartAsync(server, "web-1");
        host.Say("one");
        using var reader = Operator.Of(server);

        var (missing, _, absent) = await reader.RunAsync("logs", "shop", "-e", "production", "--agent", "web-7");
        await host.Link.StopAsync();
        var (offline, _, away) = await reader.RunAsync("logs", "shop", "-e", "production");

        Assert.Equal((3, 4), (missing, offline));
        Assert.Contains("There is no agent 'web-7'", absent, StringComparison.Ordinal);
        Assert.StartsWith("error: web-1 is offline since ", away, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_ends_following_with_130()
    {
        await using var server = await StartAsync();
        await using var host = await TailHost.StartAsync(server, "web-1");
        host.Say("one");
        using var reader = Operator.Of(server);
        using var controlC = CancellationTokenSource.CreateLinkedTokenSource(Ended);

        var (exitCode, output, _) = await reader.RunAsync(
            ["logs", "shop", "-e", "production", "-f", "-q"],
            controlC.Token,
            output: new InterruptingWriter(controlC));

        Assert.Equal((130, "one\n"), (exitCode, output));
    }

    [Fact]
    public async Task A_host_that_joins_is_announced_on_standard_error()
    {
        await using var server = await StartAsync();
        await using var host = await TailHost.StartAsync(server, "web-1");
        host.Say("one");
        using var controlC = CancellationTokenSource.CreateLinkedTokenSource(Ended);
        var said = Channel.CreateUnbounded<string>();
        var following = FollowAsync(server, said.Writer, controlC.Token, "--lines", "0");

        host.Say(TimeProvider.System.GetUtcNow().AddMinutes(1), LogStream.Output, "two");
        Assert.EndsWith(" out two", await said.Reader.ReadAsync(Ended), StringComparison.Ordinal);
        await using var joining = await TailHost.StartAsync(server, "web-2");
        joining.Say("three");
        Assert.EndsWith(" out three", await said.Reader.ReadAsync(Ended), StringComparison.Ordinal);
        await controlC.CancelAsync();
        var (exitCode, error) = await following;

        Assert.Equal(130, exitCode);
        Assert.StartsWith("web-2 runs shop/production now: its lines follow.\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_follows_outlasts_a_restart_of_the_control_plane_and_sees_each_line_once()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-cp-").FullName;
        using var controlC = CancellationTokenSource.CreateLinkedTokenSource(Ended);
        var said = Channel.CreateUnbounded<string>();
        var before = await StartAsync(folder);
        await using var host = await TailHost.StartAsync(before, "web-1");
        host.Say("one");
        var following = FollowAsync(before, said.Writer, controlC.Token, "-q");
        Assert.Equal("one", await said.Reader.ReadAsync(Ended));

        var port = before.Address.Port;
        await before.DisposeAsync();
        host.Say("two");
        await using (await ControlPlaneHost.StartAsync(Ended, builder => Listen(builder.Configuration, port), folder))
        {
            Assert.Equal("two", await said.Reader.ReadAsync(Ended));
            host.Say("three");
            Assert.Equal("three", await said.Reader.ReadAsync(Ended));
            await controlC.CancelAsync();
            Assert.Equal(130, (await following).ExitCode);
        }

        Directory.Delete(folder, recursive: true);
    }

    private static async Task<(int ExitCode, string Error)> FollowAsync(
        ControlPlaneHost server,
        ChannelWriter<string> lines,
        CancellationToken cancellationToken,
        params string[] options)
    {
        using var reader = Operator.Of(server);
        await using var output = new LineWriter(lines);
        var (exitCode, _, error) = await reader.RunAsync(
            ["logs", "shop", "-e", "production", "-f", .. options], cancellationToken, output: output);
        return (exitCode, error);
    }

    private static void Listen(ConfigurationManager configuration, int port) =>
        configuration.AddInMemoryCollection([new("Hosting:Listen:0", $"127.0.0.1:{port}")]);

    private static async Task<ControlPlaneHost> StartAsync(string? folder = null)
    {
        var server = await ControlPlaneHost.StartAsync(Ended, folder: folder);
        await Catalog.AddAsync(server, new StrategySpec());
        return server;
    }

    /// <summary>Lets a test wait for the lines that a program writes.</summary>
    private sealed class LineWriter(ChannelWriter<string> lines) : StringWriter
    {
        public override void WriteLine(string? value) => lines.TryWrite(value ?? "");
    }
}
