using Slipway.Shared.Modules;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Deployments;

/// <summary>
/// A way to run programs that outlives the agent. Everything can be said twice: the ticket tells a repetition.
/// </summary>
internal interface IRuntime : IGuest
{
    static readonly TimeSpan Never = TimeSpan.FromDays(1);

    static string IGuest.Namespace => "runtime";

    /// <summary>Whether this runtime is the one for the workload.</summary>
    bool Runs(Workload workload);

    /// <summary>What lives; null: the runtime itself does not, and starting something brings it back.</summary>
    /// <param name="folder">The workload's folder, where the runtime keeps its own files.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<RuntimeState?> ObserveAsync(string folder, CancellationToken cancellationToken);

    /// <summary>Does what belongs before the start of an unpacked release. May be done again.</summary>
    /// <param name="folder">The workload's folder.</param>
    /// <param name="workload">What will run.</param>
    /// <param name="release">Where its release is now.</param>
    /// <param name="cancellationToken">Breaks it off.</param>
    /// <exception cref="DeploymentException">The release is not to be started.</exception>
    Task PrepareAsync(string folder, Workload workload, string release, CancellationToken cancellationToken);

    /// <summary>Starts an instance beside the current one, and returns at once.</summary>
    /// <param name="folder">The workload's folder.</param>
    /// <param name="ticket">The new instance's name.</param>
    /// <param name="workload">What to run.</param>
    /// <param name="release">The folder of its release.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ProblemException">It was refused.</exception>
    Task StartAsync(
        string folder, string ticket, Workload workload, string release, CancellationToken cancellationToken);

    /// <summary>Makes a ready instance the current one; the older ones are asked to finish.</summary>
    /// <exception cref="ProblemException">It is not ready any more.</exception>
    Task PromoteAsync(string folder, string ticket, CancellationToken cancellationToken);

    /// <summary>Stops an instance that is not the current one.</summary>
    Task DiscardAsync(string folder, string ticket, CancellationToken cancellationToken);

    /// <summary>Stops everything, and returns when it has ended.</summary>
    Task ShutdownAsync(string folder, CancellationToken cancellationToken);

    /// <summary>The agent has shown that it works: it is connected, and has looked at all workloads.</summary>
    Task ConfirmAsync(string folder, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Brings the runtime itself up to date, while the workload has nothing else to do.</summary>
    /// <returns>When to do so again.</returns>
    Task<TimeSpan> MaintainAsync(string folder, CancellationToken cancellationToken) => Task.FromResult(Never);

    /// <summary>The state now and at each change; ends when the runtime does not live any more.</summary>
    IAsyncEnumerable<RuntimeState> WatchAsync(string folder, CancellationToken cancellationToken);
}
