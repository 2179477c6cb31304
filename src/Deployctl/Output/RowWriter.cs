using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Shared.Logs;

namespace Slipway.Deployctl.Output;

/// <summary>The same rows as aligned columns, as JSON or as YAML.</summary>
internal static class RowWriter
{
    private const string ColumnGap = "  ";

    // What some YAML reader takes for something else than text.
    private static readonly string[] Reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

    public static string Json(JsonNode node, bool indented = true)
    {
        using var buffer = new MemoryStream();
        var options = new JsonWriterOptions
        {
            Indented = indented,
            // Not for HTML: people read this, and quotes and angle brackets should stay what they are.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        };
        using (var writer = new Utf8JsonWriter(buffer, options))
        {
            node.WriteTo(writer);
        }

        // Beyond ASCII it can only stand in a string.
        var text = Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        return text.Any(IsHidden)
            ? string.Concat(text.Select(c => IsHidden(c) ? $"\\u{(int)c:x4}" : c.ToString()))
            : text;

        static bool IsHidden(char c) => !char.IsAscii(c) && SafeText.IsUnsafe(c);
    }

    public static string Yaml(JsonNode node)
    {
        var text = new StringBuilder();
        Append(text, node, depth: 0);
        return text.ToString().TrimEnd('\n');
    }

    /// <summary>Several documents, each after a line of three hyphens.</summary>
    public static string YamlDocuments(IEnumerable<JsonObject> rows) => string.Join("\n---\n", rows.Select(Yaml));

    public static string Table(IReadOnlyList<JsonObject> rows, IReadOnlyList<Column> columns)
    {
        var lines = new List<string[]> { columns.Select(column => column.Title).ToArray() };
        lines.AddRange(rows.Select(row => columns.Select(column => Printable(column.Text(row))).ToArray()));
        var widths = columns.Select((_, index) => lines.Max(line => line[index].Length)).ToArray();
        return string.Join('\n', lines.Select(line =>
            string.Join(ColumnGap, line.Select((cell, index) => cell.PadRight(widths[index]))).TrimEnd()));
    }

    /// <summary>Text without control characters: a host's words must not move the reader's cursor.</summary>
    public static string Printable(string text) =>
        text.Any(char.IsControl) ? string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c)) : text;

    private static void Append(StringBuilder text, JsonNode? node, int depth)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } map:
                foreach (var (key, value) in map)
                {
                    text.Append(' ', depth).Append(Scalar(key)).Append(':');
                    AppendValue(text, value, depth);
                }

                break;
            case JsonArray { Count: > 0 } list:
                foreach (var item in list)
                {
                    AppendItem(text, item, depth);
                }

                break;
            default:
                text.Append(' ', depth).Append(ScalarOf(node)).Append('\n');
                break;
        }
    }

    private static void AppendValue(StringBuilder text, JsonNode? value, int depth)
    {
        if (value is JsonObject { Count: > 0 } or JsonArray { Count: > 0 })
        {
            text.Append('\n');
            Append(text, value, depth + 2);
            return;
        }

        text.Append(' ').Append(ScalarOf(value)).Append('\n');
    }

    private static void AppendItem(StringBuilder text, JsonNode? item, int depth)
    {
        var start = text.Length;
        Append(text, item, depth + 2);
        text[start + depth] = '-';
    }

    private static string ScalarOf(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        _ when node.GetValueKind() == JsonValueKind.String => Scalar(node.GetValue<string>()),
        _ => node.ToJsonString(),
    };

    // Plain only when no YAML reader could take it for something else; a JSON string is a YAML string.
    private static string Scalar(string value)
    {
        var isPlain = value.Length > 0
            && (char.IsAsciiLetter(value[0]) || value[0] is '/' or '_')
            && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or '+')
            && !Reserved.Contains(value.ToLowerInvariant());
        return isPlain ? value : Json(JsonValue.Create(value), indented: false);
    }
}
