using Slipway.ControlPlane.Applications;

namespace Tests.Unit.ControlPlane.Applications;

public class SpecJsonTests
{
    [Fact]
    public void A_spec_reads_back_as_it_was_written()
    {
        var spec = new ServerSpec
        {
            Command = ["./shop", "--port", "8080"],
            Listen = [new("http", "8080", 128)],
            Environment = new Dictionary<string, string> { ["A"] = "1" },
            Readiness = new(ReadinessKind.Http) { Path = "/ready", Statuses = [200, 204] },
            Bake = TimeSpan.FromMilliseconds(1500),
        };

        var json = SpecJson.Write(spec);

        Assert.Contains("\"bake\":\"1.5s\"", json, StringComparison.Ordinal);
        Assert.Contains("\"kind\":\"http\"", json, StringComparison.Ordinal);
        Assert.Equal(json, SpecJson.Write(SpecJson.Read<ServerSpec>(json)));
    }
}
