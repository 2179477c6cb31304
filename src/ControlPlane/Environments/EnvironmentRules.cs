using System.Text.RegularExpressions;
using Slipway.ControlPlane.Applications;
using Slipway.Shared.Rpc;
using Slipway.Shared.Versioning;

namespace Slipway.ControlPlane.Environments;

/// <summary>What makes an environment acceptable.</summary>
internal static partial class EnvironmentRules
{
    private const int MaxLabels = 64;
    private const int MaxDenied = 100;

    private static readonly TimeSpan Week = TimeSpan.FromDays(7);

    public static void Check(EnvironmentSpec environment, FieldViolations violations)
    {
        SpecRules.CheckName("application", environment.Application, violations);
        SpecRules.CheckName("name", environment.Name, violations);
        CheckSelector(environment.Selector, violations);
        CheckPolicy(environment.Policy, violations);
        CheckStrategy(environment.Strategy, violations);
        SpecRules.CheckVariables("variables", environment.Variables, violations);
    }

    private static void CheckSelector(IReadOnlyDictionary<string, string> selector, FieldViolations violations)
    {
        violations.Check(
            selector.Count > 0,
            "selector",
            "is empty and would select no agent; name at least one label, such as role=web");
        violations.Check(selector.Count <= MaxLabels, "selector", $"must have at most {MaxLabels} labels");
        foreach (var (key, value) in selector)
        {
            violations.Check(
                LabelPattern.IsMatch(key) && LabelPattern.IsMatch(value),
                $"selector.{key}",
                "is no label; key and value have 1 to 63 letters, digits, '-', '_', '.' and '/', and begin and end "
                + "with a letter or digit");
            violations.Check(
                !key.StartsWith("self.", StringComparison.Ordinal),
                $"selector.{key}",
                "is what hosts say of themselves, which selects nothing; use a label given at enrolment");
        }
    }

    private static void CheckPolicy(PolicySpec policy, FieldViolations violations)
    {
        if (!VersionConstraint.TryParse(policy.Constraint, out _, out var error))
        {
            violations.Add("policy.constraint", error);
        }

        violations.Check(policy.Deny.Count <= MaxDenied, "policy.deny", $"must have at most {MaxDenied} versions");
        foreach (var (at, version) in policy.Deny.Index())
        {
            CheckVersion($"policy.deny[{at}]", version, violations);
        }

        if (policy.Pin.Length > 0)
        {
            CheckVersion("policy.pin", policy.Pin, violations);
            violations.Check(
                !policy.Deny.Contains(policy.Pin),
                "policy.pin",
                $"'{policy.Pin}' is denied too, so that nothing is left; take it from policy.deny or pin another one");
        }

        violations.Check(
            policy.Mode is PolicyMode.Manual or PolicyMode.Auto,
            "policy.mode",
            "is unknown; use manual or auto");
    }

    private static void CheckVersion(string field, string version, FieldViolations violations) => violations.Check(
        SemanticVersion.TryParse(version, out _),
        field,
        $"'{version}' is no semantic version; write one such as 1.4.0 or 2.0.0-rc.1, without a leading v");

    private static void CheckStrategy(StrategySpec strategy, FieldViolations violations)
    {
        CheckShare("strategy.rolling.batch_size", strategy.BatchSize, violations);
        CheckShare("strategy.rolling.max_unavailable", strategy.MaxUnavailable, violations);
        SpecRules.CheckTime("strategy.bake", strategy.Bake, (TimeSpan.Zero, Week), violations);
        SpecRules.CheckTime(
            "strategy.progress_deadline", strategy.ProgressDeadline, (TimeSpan.FromSeconds(1), Week), violations);
        SpecRules.CheckNumber("strategy.max_failures", strategy.MaxFailures, (0, 100_000), violations);
    }

    private static void CheckShare(string field, string text, FieldViolations violations) => violations.Check(
        Share.TryParse(text, out _),
        field,
        $"'{text}' is no share; write a number from 1 such as 2, or a percentage such as 25%");

    [GeneratedRegex(
        @"^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?\z",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelPattern { get; }
}
