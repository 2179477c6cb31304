using System.Text.Json.Nodes;
using CsCheck;
using Slipway.ControlPlane.Applications;

namespace Tests.Unit.ControlPlane.Applications;

public class SpecDiffTests
{
    private static readonly Gen<JsonNode> Document = Gen.Int[0, 3].Array[0, 4].Array[0, 3].Select(lists =>
    {
        var server = new JsonObject();
        foreach (var (at, list) in lists.Index())
        {
            server[$"list{at}"] = new JsonArray([.. list.Select(number => JsonValue.Create(number))]);
        }

        return (JsonNode)new JsonObject { ["server"] = server };
    });

    [Fact]
    public void A_change_names_the_path_of_its_field()
    {
        var before = JsonNode.Parse("""{"server":{"listen":[{"name":"http","address":"8080"}]}}""");
        var after = JsonNode.Parse("""{"server":{"listen":[{"name":"http","address":"8081"}]}}""");

        Assert.Equal([new("server.listen[0].address", "8080", "8081")], SpecDiff.Between(before, after));
    }

    [Fact]
    public void What_is_new_has_no_before_and_what_is_gone_no_after()
    {
        var before = JsonNode.Parse("""{"environment":{"OLD":"1"}}""");
        var after = JsonNode.Parse("""{"environment":{"NEW":"2"}}""");

        Assert.Equal(
            [Added("environment.NEW", "2"), Reversed(Added("environment.OLD", "1"))],
            SpecDiff.Between(before, after));
    }

    [Fact]
    public void A_document_differs_from_nothing_in_all_its_fields() =>
        Assert.Equal(
            [Added("a", "x"), Added("b", "1")],
            SpecDiff.Between(before: null, JsonNode.Parse("""{"a":"x","b":1}""")));

    [Fact]
    public void A_document_does_not_differ_from_itself() =>
        Document.Sample(document => SpecDiff.Between(document, document.DeepClone()).Count == 0);

    [Fact]
    public void The_way_back_is_the_way_there_reversed() =>
        Gen.Select(Document, Document).Sample((left, right) =>
            SpecDiff.Between(left, right).ToHashSet().SetEquals(
                SpecDiff.Between(right, left).Select(Reversed)));

    private static SpecChange Added(string path, string after) => new(path, Before: null, after);

    private static SpecChange Reversed(SpecChange change) => new(change.Path, change.After, change.Before);
}
