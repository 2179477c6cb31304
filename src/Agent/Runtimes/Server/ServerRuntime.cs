using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Agent.Deployments;
using Slipway.Agent.Hosting;
using Slipway.Agent.Runtimes.Hooks;
using Slipway.Agent.Supervisor;
using Slipway.Agent.Supervisor.Upgrades;
using Slipway.Shared.Modules;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Runtimes.Server;

/// <summary>Runs programs under one supervisor process for each workload; both outlive the agent.</summary>
[Module("runtime.server")]
internal sealed class ServerRuntime : IRuntime, IProvision
{
    private const string RefusedReason = "SUPERVISOR_REFUSED";

    // What an agent upgrade replaces: not the path of a file that is gone, but the name that the new one has.
    private static readonly string Program = Environment.ProcessPath
        ?? throw new InvalidOperationException("The path of this program is unknown.");

    private readonly string _program;
    private readonly string _version;
    private TimeProvider _timeProvider;
    private ILogger _logger = NullLogger.Instance;
    private SupervisorProcess _supervisors;
    private SupervisorUpgrades _upgrades;

    public ServerRuntime()
        : this(Program, TimeProvider.System)
    {
    }

    /// <param name="program">The agent's program, which has the role of a supervisor too.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="version">The program's version.</param>
    public ServerRuntime(string program, TimeProvider timeProvider, string? version = null)
    {
        _program = program;
        _version = version ?? BuildInfo.Version;
        _timeProvider = timeProvider;
        _supervisors = new(program, timeProvider);
        _upgrades = new(program, _version, timeProvider, new Random(), NullLogger.Instance);
    }

    public Task ProvisionAsync(ModuleContext context, CancellationToken cancellationToken)
    {
        _timeProvider = context.Service<TimeProvider>();
        _logger = context.Service<ILoggerFactory>().CreateLogger(typeof(ServerRuntime).FullName!);
        _supervisors = new(Program, _timeProvider);
        _upgrades = new(Program, _version, _timeProvider, context.Service<Random>(), _logger);
        return Task.CompletedTask;
    }

    public bool Runs(Workload workload) => workload.Kind == RuntimeKind.Server;

    public async Task<RuntimeState?> ObserveAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            return Translate(await ClientOf(folder).StateAsync(cancellationToken));
        }
        catch (ProblemException e) when (e.Problem.Code == StatusCode.Unavailable && IsGone(e.InnerException))
        {
            return null;
        }
    }

    public Task PrepareAsync(
        string folder, Workload workload, string release, CancellationToken cancellationToken) =>
        workload.Before is { } before
            ? new HookRunner(_program, folder, _timeProvider, _logger)
                .RunAsync(HookRunner.Before, before, workload, release, cancellationToken)
            : Task.CompletedTask;

    public async Task StartAsync(
        string folder, string ticket, Workload workload, string release, CancellationToken cancellationToken)
    {
        var supervisor = await _supervisors.EnsureRunningAsync(EngineFolder.SupervisorOf(folder), cancellationToken);
        var spec = new GenerationSpec(
            workload.Version, release, WorkloadEnvironment.Of(workload, release), workload.Server);
        try
        {
            await supervisor.StartAsync(ticket, spec, cancellationToken);
        }
        catch (ProblemException e) when (e.Problem.Reason == RefusedReason)
        {
            throw new DeploymentException(FailureReason.InvalidSpec, e.Problem.Message, e);
        }
    }

    public Task PromoteAsync(string folder, string ticket, CancellationToken cancellationToken) =>
        ClientOf(folder).PromoteAsync(ticket, cancellationToken);

    public Task DiscardAsync(string folder, string ticket, CancellationToken cancellationToken) =>
        ClientOf(folder).DiscardAsync(ticket, cancellationToken);

    public Task ShutdownAsync(string folder, CancellationToken cancellationToken) =>
        ClientOf(folder).ShutdownAsync(cancellationToken);

    public Task<TimeSpan> MaintainAsync(string folder, CancellationToken cancellationToken) =>
        _upgrades.OfferAsync(EngineFolder.SupervisorOf(folder), cancellationToken);

    public async IAsyncEnumerable<RuntimeState> WatchAsync(
        string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var state in ClientOf(folder).WatchAsync(cancellationToken))
        {
            yield return Translate(state);
        }
    }

    // A supervisor that is only slow to answer lives: to start its programs once more would be wrong.
    private static bool IsGone(Exception? cause) => cause switch
    {
        SocketException e => e.SocketErrorCode is SocketError.ConnectionRefused
            or SocketError.AddressNotAvailable
            or SocketError.ConnectionReset,
        Win32Exception => true,
        _ => false,
    };

    private RuntimeState Translate(SupervisorState state) =>
        new([.. state.Generations.Select(Translate)])
        {
            Note = state.Version != _version
                && state.Upgrade.Phase is UpgradePhase.RolledBack or UpgradePhase.Refused
                ? $"The supervisor keeps its program: {state.Upgrade}"
                : "",
        };

    private static Instance Translate(GenerationState generation) => new(
        generation.Ticket,
        generation.Version,
        (InstancePhase)generation.Phase,
        generation.Pid,
        generation.StartedAt)
    {
        Detail = generation.Detail,
        Deadline = generation.Phase == GenerationPhase.Starting ? generation.Deadline : null,
        Ends = [.. generation.Ends.Select(Translate)],
        IsUnhealthy = generation.IsUnhealthy,
        Output = generation.Output,
        ReadyAt = generation.ReadyAt,
        Reason = ReasonOf(generation.End),
        Restarts = generation.Restarts,
    };

    private static ProgramEnd Translate(EndedRun run) => new(run.Number, run.Restarts, run.At)
    {
        Detail = run.Detail,
        Output = run.Output,
        Reason = run.End == GenerationEnd.Exited ? FailureReason.Exited : ReasonOf(run.End),
    };

    private static FailureReason ReasonOf(GenerationEnd end) => end switch
    {
        GenerationEnd.None => FailureReason.None,
        GenerationEnd.Exited => FailureReason.StartCrashed,
        GenerationEnd.Signalled => FailureReason.Signalled,
        GenerationEnd.OutOfMemory => FailureReason.OutOfMemory,
        GenerationEnd.ExecFailed => FailureReason.ExecFailed,
        GenerationEnd.NotReady => FailureReason.NotReady,
        GenerationEnd.AddressInUse => FailureReason.AddressInUse,
        GenerationEnd.Killed => FailureReason.Interrupted,
        _ => FailureReason.Internal,
    };

    private SupervisorClient ClientOf(string folder) => new(EngineFolder.SupervisorOf(folder), _timeProvider);
}
