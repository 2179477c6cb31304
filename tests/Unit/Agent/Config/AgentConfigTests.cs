using System.Text;
using Slipway.Agent.Config;
using Slipway.Agent.Hosting;
using Slipway.Shared.Modules;

namespace Tests.Unit.Agent.Config;

public class AgentConfigTests
{
    [Fact]
    public void What_is_not_said_has_a_default()
    {
        var config = Parse("""{ "apps": {} }""");

        Assert.Equal("/var/lib/slipway/agent", config.StateDir);
        Assert.Equal((LogThreshold.Info, LogFormat.Text), (config.Logging.Level, config.Logging.Format));
    }

    [Fact]
    public void Level_and_format_are_words()
    {
        var config = Parse("""{ "logging": { "level": "warning", "format": "json" }, "apps": {} }""");

        Assert.Equal((LogThreshold.Warning, LogFormat.Json), (config.Logging.Level, config.Logging.Format));
    }

    [Theory]
    [InlineData("{}", "apps: is missing")]
    [InlineData("""{ "apps": {}, "aps": {} }""", "aps: there is no such member; there are: state_dir, logging, apps")]
    [InlineData("""{ "apps": {}, "state_dir": "here" }""", "state_dir: must be an absolute path")]
    [InlineData("""{ "apps": {}, "logging": { "level": "loud" } }""", "logging.level: ")]
    [InlineData("""{ "apps": {}, "logging": { "colour": true } }""", "logging.colour: ")]
    [InlineData("""{ "apps": [] }""", "apps: ")]
    public void A_mistake_is_named_by_its_path(string json, string message) =>
        Assert.StartsWith(
            message, Assert.Throws<ConfigException>(() => Parse(json)).Message, StringComparison.Ordinal);

    private static AgentConfig Parse(string json) => AgentConfig.Parse(Encoding.UTF8.GetBytes(json));
}
