using System.Globalization;
using System.Text.Json;
using Tests.Kit.Programs;

namespace Tests.Benchmarks;

/// <summary>Leaves measurements as JSON for programs and prints them as a table for people.</summary>
internal static class Report
{
    public static async Task WriteAsync(string name, IReadOnlyList<Measurement> measurements)
    {
        var folder = Directory.CreateDirectory(Path.Join(Published.Root, "artifacts/bench")).FullName;
        var file = Path.Join(folder, $"{name}.json");
        await File.WriteAllTextAsync(
            file, JsonSerializer.Serialize(measurements, MeasurementJson.Default.IReadOnlyListMeasurement));

        List<string[]> lines = [["metric", "unit", "ours", "peers", "ratio", "goal", "met"]];
        lines.AddRange(measurements.Select(one => (string[])
        [
            one.Metric,
            one.Unit,
            Number(one.Ours),
            string.Join(", ", one.Peers.Select(peer => $"{peer.Key} {Number(peer.Value)}")),
            one.Ratio is { } ratio ? Number(ratio) : "",
            one.Goal is { } goal ? $"{(one.Better == Better.Lower ? "<=" : ">=")} {Number(goal)}" : "",
            one.Met switch { true => "yes", false => "NO", null => "" },
        ]));
        var widths = lines[0].Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
        {
            var cells = line.Select((cell, column) => cell.PadRight(widths[column]));
            await Console.Out.WriteLineAsync(string.Join("  ", cells).TrimEnd());
        }

        await Console.Out.WriteLineAsync($"Written to {file}");
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static string Number(double value) => Math.Abs(value) >= 100
        ? value.ToString("0", CultureInfo.InvariantCulture)
        : value.ToString("0.###", CultureInfo.InvariantCulture);
}
