namespace Slipway.Agent.Supervisor;

/// <summary>The kinds of sockets that a supervisor holds.</summary>
internal enum ListenKind
{
    Unspecified = 0,
    Tcp = 1,
    Udp = 2,

    /// <summary>A stream socket that is a file, or that has a name of its own in the abstract namespace.</summary>
    Unix = 3,
}
