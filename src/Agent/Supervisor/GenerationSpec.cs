using Slipway.Agent.Deployments;

namespace Slipway.Agent.Supervisor;

/// <summary>What to run as one generation.</summary>
/// <param name="Version">The release's version, told to the program as SLIPWAY_VERSION.</param>
/// <param name="WorkingDirectory">The release's folder.</param>
/// <param name="Environment">The whole environment of the program, except what the supervisor itself adds.</param>
/// <param name="Server">Command, sockets, readiness, times.</param>
internal sealed record GenerationSpec(
    string Version,
    string WorkingDirectory,
    IReadOnlyDictionary<string, string> Environment,
    ServerSpec Server)
{
    /// <summary>Null: the program of a workload, with a session, an output and an environment of its own.</summary>
    public WorkerSpec? Worker { get; init; }
}
