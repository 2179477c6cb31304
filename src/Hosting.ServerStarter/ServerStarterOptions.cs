using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Slipway.Hosting.ServerStarter;

/// <summary>How an application that was started with inherited sockets listens and stops.</summary>
public sealed class ServerStarterOptions
{
    /// <summary>
    /// How long connections without a request under way stay open after the stop signal, so that a client's next
    /// request is answered, with <c>Connection: close</c>, and does not meet a closed socket.
    /// </summary>
    public TimeSpan IdleGrace { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long requests may take to finish after the stop signal, <see cref="IdleGrace"/> included. Keep it below the
    /// time after which the starter kills the process.
    /// </summary>
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(28);

    /// <summary>Called for each inherited socket, to set its protocols or TLS; names tell sockets apart.</summary>
    public Action<InheritedSocket, ListenOptions>? ConfigureListener { get; set; }

    internal void Validate()
    {
        if (IdleGrace < TimeSpan.Zero || StopTimeout <= IdleGrace)
        {
            throw new InvalidOperationException(
                $"ServerStarterOptions: IdleGrace ({IdleGrace}) must not be negative, "
                + $"and StopTimeout ({StopTimeout}) must be longer.");
        }
    }
}
