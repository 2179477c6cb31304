using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Slipway.Deployctl;
using Slipway.Deployctl.Invocations;
using Slipway.Deployctl.Output;

namespace Tests.Unit.Deployctl;

public class CommandLineTests
{
    [Theory]
    [InlineData("rollut")]
    [InlineData("rollout")]
    [InlineData("rollout start shop")]
    [InlineData("release push shop 1.0.0")]
    [InlineData("whoami --output xml")]
    [InlineData("whoami --timeout 30")]
    [InlineData("whoami --server ftp://host")]
    [InlineData("login http://example.com:7443")]
    [InlineData("agent list --selector env")]
    [InlineData("agent list --limit 0")]
    [InlineData("history --since soon")]
    [InlineData("history --phase broken")]
    [InlineData("logs shop")]
    [InlineData("logs shop -e production --since soon")]
    [InlineData("logs shop -e production --stream log")]
    [InlineData("logs shop -e production --cursor web-1")]
    [InlineData("completion powershell")]
    public async Task A_wrong_command_line_ends_with_2_and_says_where_help_is(string line)
    {
        var (exitCode, output, error) = await CommandLine.RunAsync(line.Split(' '));

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains("--help", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_login_it_ends_with_5_and_says_how_to_log_in()
    {
        var (exitCode, _, error) = await CommandLine.RunAsync(["agent", "list"]);

        Assert.Equal(5, exitCode);
        Assert.Contains("deployctl login", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_json_an_error_is_json_too()
    {
        var (_, _, error) = await CommandLine.RunAsync(["agent", "list", "-o", "json"]);

        var problem = JsonNode.Parse(error)!;
        Assert.Equal("UNAUTHENTICATED", (string?)problem["code"]);
        Assert.Equal("NOT_LOGGED_IN", (string?)problem["reason"]);
        Assert.False((bool)problem["retryable"]!);
    }

    [Fact]
    public async Task A_malformed_token_is_not_repeated()
    {
        var variables = new Dictionary<string, string>
        {
            ["SLIPWAY_SERVER"] = "https://127.0.0.1:7443",
            ["SLIPWAY_TOKEN"] = "slp1.oops.secret-part",
        };

        var (exitCode, _, error) = await CommandLine.RunAsync(["whoami"], variables: variables);

        Assert.Equal(5, exitCode);
        Assert.DoesNotContain("secret-part", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_in_the_wrong_place_is_not_repeated()
    {
        var (exitCode, _, error) = await CommandLine.RunAsync(["whoami", "slp1.ab.id.secret-part"]);

        Assert.Equal(2, exitCode);
        Assert.Contains("slp1.***", error, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-part", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unreachable_control_plane_ends_with_6_and_its_address()
    {
        var variables = new Dictionary<string, string>
        {
            ["SLIPWAY_SERVER"] = "http://127.0.0.1:1",
            ["SLIPWAY_TOKEN"] = $"slp1.{new string('a', 64)}.id.secret",
        };

        var (exitCode, _, error) = await CommandLine.RunAsync(["agent", "list"], variables: variables);

        Assert.Equal(6, exitCode);
        Assert.Contains("http://127.0.0.1:1", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "logs <APPLICATION>")]
    [InlineData("rollout status --help", "<ROLLOUT> ")]
    [InlineData("completion --help", "<bash|fish|zsh>")]
    public async Task Help_asks_no_control_plane(string line, string words)
    {
        using var controlPlane = new TcpListener(IPAddress.Loopback, 0);
        controlPlane.Start();
        var variables = new Dictionary<string, string>
        {
            ["SLIPWAY_SERVER"] = $"http://{controlPlane.LocalEndpoint}",
            ["SLIPWAY_TOKEN"] = $"slp1.{new string('a', 64)}.id.secret",
        };

        var (exitCode, output, _) = await CommandLine.RunAsync(line.Split(' '), variables: variables);

        Assert.Equal((0, false), (exitCode, controlPlane.Pending()));
        Assert.Contains(words, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_command_and_option_is_described_and_every_command_has_examples()
    {
        var terminal = new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null);
        var commands = Descendants(CommandTree.Create(terminal)).Where(command => !command.Hidden).ToList();

        Assert.All(commands, command => Assert.NotEmpty(command.Description ?? ""));
        Assert.All(
            commands.SelectMany(command => command.Options.Cast<Symbol>().Concat(command.Arguments)),
            symbol => Assert.NotEmpty(symbol.Description ?? ""));
        Assert.All(commands.OfType<LeafCommand>(), command => Assert.NotEmpty(command.Examples));
        var (exitCode, output, _) = await CommandLine.RunAsync(["rollout", "start", "--help"]);
        Assert.Equal(0, exitCode);
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_example_can_be_parsed()
    {
        var terminal = new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null);
        var root = CommandTree.Create(terminal);
        var examples = Descendants(root).OfType<LeafCommand>().SelectMany(command => command.Examples);

        Assert.All(examples, example =>
        {
            var line = example.Split([" | ", " > ", "<("], StringSplitOptions.None)
                .Last(part => part.StartsWith("deployctl", StringComparison.Ordinal)).TrimEnd(')');
            Assert.Empty(root.Parse(line.Replace('\'', '"')).Errors);
        });
    }

    [Fact]
    public async Task Version_is_the_same_in_three_formats()
    {
        var table = await CommandLine.RunAsync(["version"]);
        var json = await CommandLine.RunAsync(["version", "-o", "json"]);
        var yaml = await CommandLine.RunAsync(["version", "-o=yaml"]);

        var version = (string)JsonNode.Parse(json.Output)!["version"]!;
        Assert.StartsWith($"deployctl {version} ", table.Output, StringComparison.Ordinal);
        Assert.StartsWith("version: ", yaml.Output, StringComparison.Ordinal);
    }

    private static IEnumerable<Command> Descendants(Command command) =>
        command.Subcommands.SelectMany(Descendants).Prepend(command);
}
