namespace Slipway.Agent.Supervisor;

/// <summary>
/// Makes a generation a worker as Server::Starter knows it: in the session, with the input, the output and the limits
/// of the one who started the supervisor. Signals reach its process alone, and who started it starts it again.
/// </summary>
/// <param name="Folder">Where it runs; null: where the supervisor runs.</param>
/// <param name="Sockets">What SERVER_STARTER_PORT says of each socket, in the order of the spec.</param>
/// <param name="OffersListenFds">Whether LISTEN_FDS and its kin are set, which takes a launcher.</param>
internal sealed record WorkerSpec(string? Folder, IReadOnlyList<WorkerSocket> Sockets, bool OffersListenFds);

/// <summary>A socket's name, and the descriptor at which the worker finds it.</summary>
internal sealed record WorkerSocket(string Name, int Descriptor);
