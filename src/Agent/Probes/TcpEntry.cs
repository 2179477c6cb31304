namespace Slipway.Agent.Probes;

/// <summary>The server's end of a connection, as the kernel lists it.</summary>
/// <param name="IsHeldBack">The handshake waits for the client's first bytes (TCP_DEFER_ACCEPT).</param>
/// <param name="Inode">The socket's; 0: no program has accepted it yet.</param>
internal readonly record struct TcpEntry(bool IsHeldBack, long Inode);
