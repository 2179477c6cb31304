using System.CommandLine;
using Slipway.ControlPlane.Environments;
using Slipway.Deployctl;
using Slipway.Deployctl.Output;
using Tests.Integration.ControlPlane;
using Tests.Integration.ControlPlane.Rollouts;

namespace Tests.Integration.Deployctl;

public sealed class HelpTests
{
    [Fact]
    public async Task Help_names_arguments_and_does_not_show_what_completion_offers_instead()
    {
        await using var server = await ControlPlaneHost.StartAsync(TestContext.Current.CancellationToken);
        await Catalog.AddAsync(server, new StrategySpec());
        using var person = new Operator();
        var (loggedIn, _, _) = await person.RunAsync(
            ["login", server.Address.AbsoluteUri, "--name", "production"],
            TestContext.Current.CancellationToken,
            server.AdminToken);
        Assert.Equal(0, loggedIn);
        Assert.Equal("shop\n", await person.DoAsync("complete", "--", "logs", "sh"));
        var terminal = new Terminal(TextReader.Null, TextWriter.Null, TextWriter.Null);

        foreach (var (words, command) in CommandsOf(CommandTree.Create(terminal)))
        {
            var help = await person.DoAsync([.. words, "--help"]);

            Assert.All(command.Arguments, argument =>
                Assert.Contains($"  <{argument.HelpName ?? argument.Name}>", help, StringComparison.Ordinal));
            Assert.DoesNotContain("<shop", help, StringComparison.Ordinal);
            Assert.DoesNotContain("<production", help, StringComparison.Ordinal);
        }
    }

    private static IEnumerable<(string[] Words, Command Command)> CommandsOf(Command command, params string[] words) =>
        command.Subcommands.Where(one => !one.Hidden)
            .SelectMany(one => CommandsOf(one, [.. words, one.Name])).Prepend((words, command));
}
