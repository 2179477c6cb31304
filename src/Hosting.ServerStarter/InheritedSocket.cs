namespace Slipway.Hosting.ServerStarter;

/// <summary>A listening socket that the starting program opened and passed on.</summary>
/// <param name="Name">
/// What the starter calls it: LISTEN_FDNAMES' name, or the left side of its entry in SERVER_STARTER_PORT (<c>8080</c>,
/// <c>127.0.0.1:8080</c>, a path).
/// </param>
/// <param name="Descriptor">The file descriptor that this process inherited.</param>
public sealed record InheritedSocket(string Name, int Descriptor);
