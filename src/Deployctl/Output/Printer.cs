using System.Text.Json.Nodes;

namespace Slipway.Deployctl.Output;

/// <summary>Writes results to standard output in the chosen format, and remarks to standard error.</summary>
internal sealed class Printer(Terminal terminal, OutputFormat format, bool isQuiet)
{
    public OutputFormat Format => format;

    public bool IsQuiet => isQuiet;

    /// <summary>A list: a table for people, an array for programs, the first column when quiet.</summary>
    public void Rows(IReadOnlyList<JsonObject> rows, params IReadOnlyList<Column> columns)
    {
        switch (format)
        {
            case OutputFormat.Json:
                terminal.Out.WriteLine(RowWriter.Json(ArrayOf(rows)));
                break;
            case OutputFormat.Yaml:
                terminal.Out.WriteLine(RowWriter.Yaml(ArrayOf(rows)));
                break;
            case OutputFormat.Table when isQuiet:
                foreach (var row in rows)
                {
                    terminal.Out.WriteLine(RowWriter.Printable(columns[0].Text(row)));
                }

                break;
            default:
                Note(rows.Count == 0 ? "Nothing found." : "");
                terminal.Out.Write(rows.Count == 0 ? "" : RowWriter.Table(rows, columns) + "\n");
                break;
        }
    }

    /// <summary>One thing with all its fields; people see them as YAML, without the empty ones.</summary>
    public void One(JsonObject row, string key)
    {
        if (format == OutputFormat.Table && isQuiet)
        {
            terminal.Out.WriteLine(RowWriter.Printable(Column.TextOf(row[key])));
            return;
        }

        terminal.Out.WriteLine(format switch
        {
            OutputFormat.Json => RowWriter.Json(row),
            OutputFormat.Yaml => RowWriter.Yaml(row),
            _ => RowWriter.Yaml(EmptyFields.Without(row)),
        });
    }

    /// <summary>The outcome: a sentence for people, the row for programs, only the id when quiet.</summary>
    public void Done(JsonObject row, string key, string sentence)
    {
        if (format == OutputFormat.Table && !isQuiet)
        {
            terminal.Out.WriteLine(RowWriter.Printable(sentence));
            return;
        }

        One(row, key);
    }

    /// <summary>A remark for people; programs that read standard error find nothing but an error there.</summary>
    public void Note(string text)
    {
        if (format == OutputFormat.Table)
        {
            Warn(text);
        }
    }

    /// <summary>Something that a program's owner should know too, such as a list that was cut.</summary>
    public void Warn(string text)
    {
        if (!isQuiet && text.Length > 0)
        {
            terminal.Error.WriteLine(text);
        }
    }

    private static JsonArray ArrayOf(IReadOnlyList<JsonObject> rows) => new([.. rows]);
}
