namespace Slipway.ControlPlane.Applications;

/// <summary>One listening socket, or one for each of several ports.</summary>
/// <param name="Name">What the program tells its sockets apart by.</param>
/// <param name="Address">
/// <c>8080</c>, <c>127.0.0.1:8080-8083</c> or <c>[::1]:8080,8090</c>, <c>udp:</c> before it or not;
/// <c>unix:/run/web.sock</c> or <c>unix:@name</c>.
/// </param>
/// <param name="Backlog">Length of the accept queue; 0: the kernel's maximum.</param>
internal sealed record ListenSpec(string Name, string Address, int Backlog = 0)
{
    /// <summary>Who may connect to a Unix socket's file, octal; empty: what the agent's umask leaves.</summary>
    public string Mode { get; init; } = "";

    /// <summary>Whose that file is, as USER or USER:GROUP; empty: the agent's.</summary>
    public string Owner { get; init; } = "";
}
