using System.Text.Json.Serialization;

namespace Slipway.Agent.Deployments;

/// <summary>One socket: its name, and the address it is bound to.</summary>
internal sealed record ListenSpec(string Name, string Address, int Backlog)
{
    /// <summary>Who may connect to a socket that is a file; null: the umask says it.</summary>
    public UnixFileMode? Mode { get; init; }

    /// <summary>USER or USER:GROUP whose that file is; null: the supervisor's.</summary>
    public string? Owner { get; init; }

    /// <summary>Whether a probe can connect to it.</summary>
    [JsonIgnore]
    public bool IsTcp => !Address.StartsWith("udp:", StringComparison.Ordinal)
        && !Address.StartsWith("unix:", StringComparison.Ordinal);
}
