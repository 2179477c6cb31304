using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Slipway.ControlPlane.Applications;
using V1 = Slipway.Contracts.V1;

namespace Tests.Unit.ControlPlane.Applications;

public class SpecDocumentTests
{
    [Fact]
    public void Values_read_as_in_a_manifest()
    {
        var document = SpecDocument.Of(new V1.Environment
        {
            Name = "production",
            Selector = { ["role"] = "web" },
            Policy = new() { Mode = V1.VersionPolicy.Types.Mode.Auto, Deny = { "1.0.0" } },
            Strategy = new() { Bake = Time(0.05), ProgressDeadline = Time(600), MaxFailures = 2 },
        });

        AssertSame(
            """
            {
              "name": "production", "selector": {"role": "web"}, "policy": {"deny": ["1.0.0"], "mode": "auto"},
              "strategy": {"bake": "50ms", "progress_deadline": "10m", "max_failures": 2}
            }
            """,
            document);
    }

    [Fact]
    public void Lists_of_messages_read_as_in_a_manifest() =>
        AssertSame(
            """
            {"server": {"listen": [{"name": "http", "address": "80"}], "readiness": {"http": {"statuses": [200]}}}}
            """,
            SpecDocument.Of(new V1.Application
            {
                Server = new()
                {
                    Listen = { new V1.Listen { Name = "http", Address = "80" } },
                    Readiness = new() { Http = new() { Statuses = { 200 } } },
                },
            }));

    private static Duration Time(double seconds) => TimeSpan.FromSeconds(seconds).ToDuration();

    private static void AssertSame(string expected, JsonNode actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), actual.ToJsonString());
}
