using System.Security.Cryptography;
using System.Text;
using Slipway.Shared.Artifacts;

namespace Slipway.Agent.Link;

/// <summary>What this host says of itself; selectors never look at it.</summary>
internal sealed record HostFacts(
    string Name, string MachineId, string BootId, string AgentVersion, IReadOnlyDictionary<string, string> SelfLabels)
{
    public static HostFacts Read(string? name, string agentVersion) => new(
        name ?? Environment.MachineName,
        MachineIdOf(ReadLine("/etc/machine-id") ?? Environment.MachineName),
        ReadLine("/proc/sys/kernel/random/boot_id") ?? "",
        agentVersion,
        new Dictionary<string, string>
        {
            ["self.hostname"] = Environment.MachineName,
            ["self.kernel"] = ReadLine("/proc/sys/kernel/osrelease") ?? "",
            ["self.platform"] = Platform.Current.Value,
        });

    // machine-id(5) asks not to show the id itself on a network.
    private static string MachineIdOf(string id) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"slipway:{id}")).AsSpan(0, 16));

    private static string? ReadLine(string file)
    {
        try
        {
            return File.ReadLines(file).FirstOrDefault()?.Trim() is { Length: > 0 } line ? line : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
