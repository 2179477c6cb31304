using System.Text;
using System.Text.Json.Nodes;
using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Output;

/// <summary>Says on standard error why the program ends: a sentence, or one JSON object.</summary>
internal static class ErrorWriter
{
    public static void Write(Terminal terminal, OutputFormat format, Problem problem)
    {
        if (format == OutputFormat.Json)
        {
            terminal.Error.WriteLine(RowWriter.Json(RowOf(problem), indented: false));
            return;
        }

        var lines = problem.Message.Split('\n').Select(RowWriter.Printable);
        terminal.Error.WriteLine($"error: {string.Join("\n       ", lines)} ({problem.Reason})");
    }

    /// <summary>The status code's name on the wire: <c>NOT_FOUND</c>.</summary>
    public static string NameOf(StatusCode code)
    {
        var name = new StringBuilder();
        foreach (var letter in code == StatusCode.OK ? "Ok" : code.ToString())
        {
            name.Append(char.IsUpper(letter) && name.Length > 0 ? "_" : "").Append(char.ToUpperInvariant(letter));
        }

        return name.ToString();
    }

    private static JsonObject RowOf(Problem problem)
    {
        var isRetryable = problem.Code
            is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted;
        var metadata = problem.Metadata
            .Where(entry => entry.Key != Problem.FieldKey)
            .Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)JsonValue.Create(entry.Value)));
        return new JsonObject
        {
            ["code"] = NameOf(problem.Code),
            ["reason"] = problem.Reason,
            ["message"] = problem.Message,
            ["field"] = problem.Metadata.GetValueOrDefault(Problem.FieldKey),
            ["retryable"] = isRetryable,
            ["metadata"] = new JsonObject(metadata),
        };
    }
}
