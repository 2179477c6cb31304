using System.Text.Json.Nodes;
using CsCheck;
using Slipway.Deployctl.Output;
using YamlDotNet.RepresentationModel;

namespace Tests.Unit.Deployctl.Output;

public class RowWriterTests
{
    private static readonly Column[] Columns = [new("NAME", "name"), new("LABELS", "labels"), new("UP", "up")];

    [Fact]
    public void A_table_aligns_its_columns()
    {
        var table = RowWriter.Table([Row("web-1", isUp: true), Row("db", isUp: false)], Columns);

        Assert.Equal(
            """
            NAME   LABELS          UP
            web-1  env=prod,zone=  yes
            db     env=prod,zone=  no
            """.Replace("zone=  ", "zone=-  ", StringComparison.Ordinal)
                .Replace("LABELS          ", "LABELS           ", StringComparison.Ordinal),
            table);
    }

    [Fact]
    public void Json_keeps_the_types() =>
        Assert.Equal(
            """{"name":"web-1","labels":{"env":"prod","zone":""},"up":true,"count":3}""",
            RowWriter.Json(Row("web-1", isUp: true), indented: false));

    [Fact]
    public void Yaml_indents_lists_and_maps()
    {
        var row = Row("true", isUp: true);
        row["list"] = new JsonArray("a", new JsonObject { ["b"] = 1, ["c"] = new JsonArray() });

        Assert.Equal(
            """
            name: "true"
            labels:
              env: prod
              zone: ""
            up: true
            count: 3
            list:
              - a
              - b: 1
                c: []
            """,
            RowWriter.Yaml(row));
    }

    [Fact]
    public void Yaml_gives_back_any_text() => Gen.String.Sample(text =>
    {
        var yaml = new YamlStream();
        // A lone surrogate is no text that could be written.
        var clean = string.Concat(text.Where(c => !char.IsSurrogate(c)));
        yaml.Load(new StringReader(RowWriter.Yaml(new JsonObject { ["text"] = clean })));
        return ((YamlScalarNode)yaml.Documents[0].RootNode["text"]).Value == clean;
    });

    [Fact]
    public void A_hosts_words_do_not_move_the_cursor() =>
        Assert.Equal("up [2J down", RowWriter.Printable("up\u001b[2J\ndown"));

    private static JsonObject Row(string name, bool isUp) => new()
    {
        ["name"] = name,
        ["labels"] = new JsonObject { ["env"] = "prod", ["zone"] = "" },
        ["up"] = isUp,
        ["count"] = 3,
    };
}
