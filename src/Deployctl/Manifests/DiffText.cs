using System.Text;
using System.Text.Json.Nodes;
using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Manifests;

/// <summary>What an apply changed, for people: a title, and a line with +, - or ~ for each difference.</summary>
internal static class DiffText
{
    public static string Of(JsonObject row)
    {
        var would = (bool)row["dry_run"]! && (string?)row["result"] != "unchanged" ? "would be " : "";
        var text = new StringBuilder($"{row["kind"]} {row["name"]}: {would}{row["result"]}");
        foreach (var change in row["changes"]!.AsArray().Select(change => change!.AsObject()))
        {
            text.Append("\n  ").Append(RowWriter.Printable(LineOf(change)));
        }

        return text.ToString();
    }

    private static string LineOf(JsonObject change) => ((string?)change["before"], (string?)change["after"]) switch
    {
        (null, var after) => $"+ {change["path"]}: {after}",
        (var before, null) => $"- {change["path"]}: {before}",
        var (before, after) => $"~ {change["path"]}: {before} -> {after}",
    };
}
