using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Slipway.Agent.Hosting;

namespace Tests.Unit.Agent.Hosting;

public sealed partial class AgentLoggerFactoryTests : IDisposable
{
    private readonly MemoryStream _output = new();
    private readonly AgentLoggerFactory _factory;
    private readonly ILogger _logger;

    public AgentLoggerFactoryTests()
    {
        _factory = new(_output, new FakeTimeProvider(new(2026, 11, 23, 7, 0, 0, TimeSpan.Zero)));
        _logger = _factory.CreateLogger("Slipway.Agent.Link.LinkLoop");
    }

    private string Output => Encoding.UTF8.GetString(_output.ToArray());

    public void Dispose()
    {
        _factory.Dispose();
        _output.Dispose();
    }

    [Fact]
    public void A_line_cannot_be_forged_by_what_a_message_brings_along()
    {
        Said(_logger, "web-1\n2026-11-23T07:00:00.000Z error   Link.LinkLoop: all is lost");

        Assert.Equal(
            "2026-11-23T07:00:00.000Z info    Link.LinkLoop: Hello web-1\n"
            + "    2026-11-23T07:00:00.000Z error   Link.LinkLoop: all is lost\n",
            Output);
    }

    [Fact]
    public void Json_has_the_message_and_its_parts()
    {
        _factory.Spec = new() { Format = LogFormat.Json };

        Said(_logger, "web-1");

        var line = JsonElement.Parse(Output);
        Assert.Equal("Hello web-1", line.GetProperty("message").GetString());
        Assert.Equal("web-1", line.GetProperty("host_name").GetString());
        Assert.Equal("info", line.GetProperty("level").GetString());
    }

    [Fact]
    public void Loggers_that_were_handed_out_follow_a_new_level()
    {
        _factory.Spec = new() { Level = LogThreshold.Warning };

        Said(_logger, "web-1");

        Assert.Empty(Output);
    }

    [LoggerMessage(1, LogLevel.Information, "Hello {HostName}")]
    private static partial void Said(ILogger logger, string hostName);
}
