namespace Slipway.ControlPlane.Applications;

/// <summary>One listening TCP socket.</summary>
/// <param name="Name">What the program tells its sockets apart by.</param>
/// <param name="Address"><c>8080</c>, <c>127.0.0.1:8080</c> or <c>[::1]:8080</c>.</param>
/// <param name="Backlog">Length of the accept queue; 0: the kernel's maximum.</param>
internal sealed record ListenSpec(string Name, string Address, int Backlog = 0);
