using System.Globalization;
using Slipway.Agent.Deployments;
using Slipway.Shared.Manifests;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>Reads as whom and within which limits a program runs.</summary>
internal static class ConfinementClient
{
    /// <exception cref="FormatException">It cannot be done here: field, colon, why.</exception>
    public static ConfinementSpec? Read(V1.ServerSpec server)
    {
        var read = new ConfinementSpec
        {
            User = Some(server.User),
            Groups = server.Groups.Count == 0 ? null : [.. server.Groups],
            Umask = server.Umask.Length == 0 ? null : Umask(server.Umask),
            WorkingDirectory = Some(server.WorkingDirectory) is { } folder ? Folder(folder) : null,
            NoNewPrivileges = server.HasNoNewPrivileges ? server.NoNewPrivileges : null,
            ResourceLimits = server.Rlimits.Count == 0
                ? null
                : server.Rlimits.ToDictionary(
                    limit => limit.Key, limit => Limit($"server.rlimits.{limit.Key}", limit.Value)),
            MemoryMax = server.Limits is { MemoryMax: { Length: > 0 } memory }
                ? Size("server.limits.memory_max", memory)
                : null,
            Cpu = server.Limits is { Cpu: { Length: > 0 } cores } ? Cores(cores) : null,
            PidsMax = server.Limits is { PidsMax: > 0 and var pids } ? pids : null,
        };
        return read == new ConfinementSpec() ? null : read;
    }

    private static int Umask(string text) =>
        text.Length is 3 or 4 && text.All(digit => digit is >= '0' and <= '7')
            ? Convert.ToInt32(text, 8)
            : throw new FormatException($"server.umask: '{text}' is no mask of three octal digits");

    private static string Folder(string path) =>
        path.StartsWith('/') || path.Split('/').Contains("..")
            ? throw new FormatException($"server.working_directory: '{path}' leaves the release")
            : path;

    private static long Limit(string field, string text) => text == "unlimited" ? -1 : Size(field, text);

    private static long Size(string field, string text) => SizeText.TryParse(text, out var size)
        ? size
        : throw new FormatException($"{field}: '{text}' is no size; {SizeText.Hint}");

    private static double Cores(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var cores) && cores > 0
            ? cores
            : throw new FormatException($"server.limits.cpu: '{text}' is no number of cores");

    private static string? Some(string text) => text.Length == 0 ? null : text;
}
