using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Slipway.Deployctl.Output;

/// <summary>One column of a table: its title, and how its text comes from a row.</summary>
internal sealed record Column(string Title, Func<JsonObject, string> Text)
{
    /// <summary>A column that shows one field of the row as it is.</summary>
    public Column(string title, string field)
        : this(title, row => TextOf(row[field]))
    {
    }

    /// <summary>A moment, in UTC and without fractions.</summary>
    public static Column Time(string title, string field) => new(title, row => TimeOf(row[field]));

    public static Column Size(string title, Func<JsonObject, long> bytes) => new(title, row => SizeOf(bytes(row)));

    public static string TimeOf(JsonNode? node) =>
        DateTimeOffset.TryParse(node?.GetValue<string>(), CultureInfo.InvariantCulture, out var time)
            ? time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)
            : "-";

    public static string SizeOf(long bytes) => bytes switch
    {
        < 1 << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:F1} KiB"),
        < 1 << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 20):F1} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1 << 30):F2} GiB"),
    };

    /// <summary>A value as a cell; nothing, and empty text, is a dash.</summary>
    public static string TextOf(JsonNode? node) => node switch
    {
        null => "-",
        JsonArray list => list.Count == 0 ? "-" : string.Join(',', list.Select(TextOf)),
        JsonObject map => map.Count == 0 ? "-" : string.Join(',', map.Select(e => $"{e.Key}={TextOf(e.Value)}")),
        _ when node.GetValueKind() == JsonValueKind.True => "yes",
        _ when node.GetValueKind() == JsonValueKind.False => "no",
        _ => node.ToString() is { Length: > 0 } text ? text : "-",
    };
}
