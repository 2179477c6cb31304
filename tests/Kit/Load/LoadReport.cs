using System.Globalization;
using System.Text;

namespace Tests.Kit.Load;

/// <summary>
/// What became of all requests: how many failed, by reason (none is sent twice), and the good answers by kind, in the
/// order in which they were first seen.
/// </summary>
public sealed record LoadReport(
    IReadOnlyDictionary<string, long> Failures,
    IReadOnlyList<AnswerCount> Answers,
    TimeSpan Slowest,
    TimeSpan Elapsed)
{
    public long Succeeded => Answers.Sum(answer => answer.Count);

    public long Failed => Failures.Values.Sum();

    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Succeeded} requests answered, {Failed} failed in ");
        text.Append(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds:0.0} s ");
        text.Append(CultureInfo.InvariantCulture, $"({Succeeded / Math.Max(0.001, Elapsed.TotalSeconds):0}/s); ");
        text.Append(CultureInfo.InvariantCulture, $"the slowest took {Slowest.TotalMilliseconds:0} ms");
        foreach (var (reason, count) in Failures)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  failed: {count} x {reason}");
        }

        foreach (var answer in Answers)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {answer.Kind}: {answer.Count} answers, ");
            text.Append(CultureInfo.InvariantCulture, $"first at {answer.First.TotalSeconds:0.000} s, ");
            text.Append(CultureInfo.InvariantCulture, $"last at {answer.Last.TotalSeconds:0.000} s");
        }

        return text.ToString();
    }
}

/// <summary>Times count from the start of the load.</summary>
public sealed record AnswerCount(string Kind, long Count, TimeSpan First, TimeSpan Last);
