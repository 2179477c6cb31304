using System.Globalization;
using System.Text.RegularExpressions;
using Slipway.Shared.Manifests;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Applications;

/// <summary>What is acceptable of users, masks and limits. Whether a host has them is the agent's to say.</summary>
internal static partial class ConfinementRules
{
    private const int MaxGroups = 32;
    private const int MaxPathLength = 1024;
    private const long LeastMemory = 1 << 20;
    private const decimal LeastCores = 0.01m;
    private const decimal MostCores = 1024;
    private const int MostPids = 4_194_304;

    private static readonly string[] ResourceLimits =
        ["as", "core", "cpu", "data", "fsize", "memlock", "nofile", "nproc", "stack"];

    public static void Check(ConfinementSpec confinement, FieldViolations violations)
    {
        violations.Check(
            confinement.User.Length == 0 || AccountPattern.IsMatch(confinement.User),
            "server.user",
            $"'{confinement.User}' is no user; write a name, such as www-data, or a number");
        violations.Check(confinement.Groups.Count <= MaxGroups, "server.groups", $"must have at most {MaxGroups}");
        foreach (var (at, group) in confinement.Groups.Index())
        {
            violations.Check(
                AccountPattern.IsMatch(group),
                $"server.groups[{at}]",
                $"'{group}' is no group; write a name, such as www-data, or a number");
        }

        violations.Check(
            confinement.Umask.Length == 0 || UmaskPattern.IsMatch(confinement.Umask),
            "server.umask",
            $"'{confinement.Umask}' is no mask; write three octal digits, such as \"027\"");
        var folder = confinement.WorkingDirectory;
        violations.Check(
            folder.Length <= MaxPathLength && !folder.StartsWith('/') && !folder.Split('/').Contains("..")
                && !folder.Contains('\0', StringComparison.Ordinal),
            "server.working_directory",
            "must be a folder of the release, relative to it and without '..', such as web/public");
        CheckResourceLimits(confinement.ResourceLimits, violations);
        CheckLimits(confinement, violations);
    }

    private static void CheckResourceLimits(IReadOnlyDictionary<string, string> limits, FieldViolations violations)
    {
        foreach (var (name, value) in limits)
        {
            var field = $"server.rlimits.{name}";
            if (violations.Check(
                ResourceLimits.Contains(name),
                field,
                $"is no limit of a process; use one of {string.Join(", ", ResourceLimits)}"))
            {
                violations.Check(
                    value == "unlimited" || SizeText.TryParse(value, out _),
                    field,
                    $"'{value}' is no limit; {SizeText.Hint}, or unlimited");
            }
        }
    }

    private static void CheckLimits(ConfinementSpec confinement, FieldViolations violations)
    {
        violations.Check(
            confinement.MemoryMax.Length == 0
                || (SizeText.TryParse(confinement.MemoryMax, out var memory) && memory >= LeastMemory),
            "server.limits.memory_max",
            $"'{confinement.MemoryMax}' is no size from 1MiB on; {SizeText.Hint}");
        violations.Check(
            confinement.Cpu.Length == 0
                || (decimal.TryParse(
                        confinement.Cpu, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cores)
                    && cores is >= LeastCores and <= MostCores),
            "server.limits.cpu",
            $"'{confinement.Cpu}' is no number of cores; write one from 0.01 to 1024, such as 1.5");
        SpecRules.CheckNumber("server.limits.pids_max", confinement.PidsMax, (0, MostPids), violations);
    }

    [GeneratedRegex(@"^(?:[A-Za-z_][A-Za-z0-9_.-]{0,30}\$?|[0-9]{1,9})\z", RegexOptions.None, 1000)]
    private static partial Regex AccountPattern { get; }

    [GeneratedRegex(@"^0?[0-7]{3}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UmaskPattern { get; }
}
