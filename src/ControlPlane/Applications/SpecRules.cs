using System.Text.RegularExpressions;
using Slipway.Shared.Manifests;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Applications;

/// <summary>The rules that names, times and variables follow wherever they stand.</summary>
internal static partial class SpecRules
{
    private const int MaxVariables = 256;
    private const int MaxValueLength = 32 * 1024;

    /// <summary>What the agent and the supervisor set themselves.</summary>
    private static readonly string[] ReservedVariables =
        ["SLIPWAY_", "SERVER_STARTER_", "LISTEN_", "NOTIFY_SOCKET", "WATCHDOG_"];

    public static bool IsName(string text) => NamePattern.IsMatch(text);

    public static void CheckName(string field, string name, FieldViolations violations) => violations.Check(
        IsName(name),
        field,
        $"'{name}' is no name; use 1 to 63 lower-case letters, digits and inner hyphens, beginning with a letter");

    public static void CheckTime(
        string field,
        TimeSpan value,
        (TimeSpan Shortest, TimeSpan Longest) bounds,
        FieldViolations violations) => violations.Check(
            value >= bounds.Shortest && value <= bounds.Longest,
            field,
            $"must be between {DurationText.Of(bounds.Shortest)} and {DurationText.Of(bounds.Longest)}");

    public static void CheckNumber(string field, int value, (int Least, int Most) bounds, FieldViolations violations) =>
        violations.Check(
            value >= bounds.Least && value <= bounds.Most,
            field,
            $"is {value} and must be between {bounds.Least} and {bounds.Most}");

    public static void CheckVariables(
        string field,
        IReadOnlyDictionary<string, string> variables,
        FieldViolations violations)
    {
        violations.Check(variables.Count <= MaxVariables, field, $"must have at most {MaxVariables} variables");
        foreach (var (name, value) in variables)
        {
            var path = $"{field}.{name}";
            violations.Check(
                VariablePattern.IsMatch(name),
                path,
                "is no variable's name; use letters, digits and underscores, not beginning with a digit");
            violations.Check(
                !Array.Exists(ReservedVariables, reserved => name.StartsWith(reserved, StringComparison.Ordinal)),
                path,
                "is set by Slipway itself; choose another name");
            violations.Check(
                value.Length <= MaxValueLength && !value.Contains('\0', StringComparison.Ordinal),
                path,
                $"has a value longer than {MaxValueLength} characters or with a zero byte; shorten or encode it");
        }
    }

    [GeneratedRegex(@"^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NamePattern { get; }

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]{0,127}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VariablePattern { get; }
}
