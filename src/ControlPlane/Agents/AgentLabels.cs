using System.Text.Json;
using System.Text.RegularExpressions;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Agents;

/// <summary>What selectors look at: given by an operator, never by the host itself.</summary>
internal static partial class AgentLabels
{
    private const int LongestValue = 255;
    private const int Most = 64;

    /// <exception cref="ProblemException">INVALID_FIELD, naming the label.</exception>
    public static void Validate(IReadOnlyCollection<KeyValuePair<string, string>> labels)
    {
        if (labels.Count > Most)
        {
            throw new ProblemException(Problem.InvalidField("labels", $"an agent has at most {Most} labels."));
        }

        foreach (var (key, value) in labels)
        {
            if (!Key().IsMatch(key))
            {
                throw new ProblemException(Problem.InvalidField(
                    $"labels[{key}]",
                    "a label has 1 to 63 letters, digits, dots, slashes, hyphens or underscores."));
            }

            if (key.StartsWith("self.", StringComparison.Ordinal))
            {
                throw new ProblemException(Problem.InvalidField(
                    $"labels[{key}]",
                    "labels that begin with 'self.' are the host's own words; choose another one."));
            }

            if (value.Length > LongestValue)
            {
                throw new ProblemException(Problem.InvalidField(
                    $"labels[{key}]",
                    $"a label's value has at most {LongestValue} characters."));
            }
        }
    }

    public static IReadOnlyDictionary<string, string> FromJson(string json) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(json) ?? [];

    public static string ToJson(IEnumerable<KeyValuePair<string, string>> labels) =>
        JsonSerializer.Serialize(new SortedDictionary<string, string>(labels.ToDictionary(), StringComparer.Ordinal));

    /// <summary>Whether an agent that carries <paramref name="labels"/> is meant.</summary>
    public static bool Match(
        IReadOnlyDictionary<string, string> labels,
        IReadOnlyDictionary<string, string> selector) =>
        selector.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value);

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Key();
}
