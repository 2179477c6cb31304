using System.Text.Json.Nodes;
using Slipway.Deployctl.Output;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Slipway.Deployctl.Rollouts;

/// <summary>How a rollout looks to a person.</summary>
internal static class RolloutView
{
    private static readonly Column[] TargetColumns =
    [
        new("AGENT", "agent_name"),
        new("BATCH", "batch"),
        new("PHASE", "phase"),
        new("AVAILABLE", "available"),
        new("REASON", "reason"),
        new("DETAIL", "detail"),
    ];

    private static readonly Padding Gap = new(left: 0, top: 0, right: 2, bottom: 0);

    /// <summary>How many of the agents run the release, such as <c>3/5</c>.</summary>
    public static string Progress(JsonObject rollout)
    {
        var targets = TargetsOf(rollout);
        return $"{targets.Count(target => (string?)target["phase"] == "committed")}/{targets.Count}";
    }

    public static string Title(JsonObject rollout)
    {
        var from = (string?)rollout["from_version"] is { Length: > 0 } version ? version : "nothing";
        return $"{rollout["application"]}/{rollout["environment"]}: {from} -> {rollout["to_version"]}";
    }

    /// <summary>The state, and what the rollout waits for or how it ended.</summary>
    public static string StateLine(JsonObject rollout)
    {
        var rest = (string?)rollout["waiting_for"] is { Length: > 0 } waiting
            ? $"waiting for {waiting}"
            : Column.TextOf(rollout["outcome"]);
        return $"{Column.TextOf(rollout["state"])}, {Progress(rollout)} done"
            + (rest == "-" ? "" : $", {rest}");
    }

    /// <summary>Everything, for standard output.</summary>
    public static string Text(JsonObject rollout)
    {
        var targets = TargetsOf(rollout);
        var head = $"Rollout {rollout["id"]}  {Title(rollout)}\n{StateLine(rollout)}";
        head = string.Join('\n', head.Split('\n').Select(RowWriter.Printable));
        return targets.Count == 0 ? head : $"{head}\n\n{RowWriter.Table(targets, TargetColumns)}";
    }

    /// <summary>The same as something that can be drawn over.</summary>
    public static IRenderable Live(JsonObject rollout)
    {
        var table = new Table().Border(TableBorder.None);
        foreach (var column in TargetColumns)
        {
            // Only the last may be long: were it kept on one line, it would push the others out of the window.
            table.AddColumn(new TableColumn(column.Title) { NoWrap = column != TargetColumns[^1], Padding = Gap });
        }

        foreach (var target in TargetsOf(rollout))
        {
            table.AddRow(TargetColumns.Select(column =>
                new Text(RowWriter.Printable(column.Text(target)), StyleOf((string?)target["phase"]))));
        }

        return new Rows(
            new Text(
                RowWriter.Printable($"Rollout {rollout["id"]}  {Title(rollout)}"),
                new Style(decoration: Decoration.Bold)),
            new Text(RowWriter.Printable(StateLine(rollout))),
            table);
    }

    /// <summary>What is new since the picture before, a line each.</summary>
    public static IEnumerable<string> Changes(JsonObject? before, JsonObject now)
    {
        var known = before is null ? [] : TargetsOf(before).ToDictionary(KeyOf, LineOf);
        foreach (var target in TargetsOf(now))
        {
            if (known.GetValueOrDefault(KeyOf(target)) != LineOf(target))
            {
                yield return LineOf(target);
            }
        }

        if (before is null || StateLine(before) != StateLine(now))
        {
            yield return $"{Title(now)}: {StateLine(now)}";
        }
    }

    private static string KeyOf(JsonObject target) => (string?)target["agent_id"] ?? "";

    private static string LineOf(JsonObject target)
    {
        var detail = string.Join(": ", new[] { (string?)target["reason"], (string?)target["detail"] }
            .Where(text => !string.IsNullOrEmpty(text)));
        return $"  {Column.TextOf(target["agent_name"])}  {Column.TextOf(target["phase"])}"
            + (detail.Length == 0 ? "" : $"  {detail}");
    }

    private static Style StyleOf(string? phase) => phase switch
    {
        "committed" => new Style(Color.Green),
        "failed" or "rolled_back" => new Style(Color.Red),
        "waiting" => new Style(Color.Grey),
        _ => Style.Plain,
    };

    private static List<JsonObject> TargetsOf(JsonObject rollout) =>
        [.. rollout["targets"]!.AsArray().Select(target => target!.AsObject())];
}
