namespace Slipway.Agent.Deployments;

/// <summary>One socket: its name, and the address it is bound to.</summary>
internal sealed record ListenSpec(string Name, string Address, int Backlog)
{
    /// <summary>Who may connect to a socket that is a file; null: the umask says it.</summary>
    public UnixFileMode? Mode { get; init; }
}
