using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Agent.Deployments;
using Slipway.Agent.Hosting;
using Slipway.Agent.Native;
using Slipway.Agent.Runtimes.Hooks;
using Slipway.Shared.Modules;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Runtimes.Self;

/// <summary>
/// Brings the agent itself up to date: the new program goes into the slot that is free, and the agent ends; at its next
/// start it is the new one, which stays if it is soon connected and has looked at all workloads.
/// </summary>
[Module("runtime.agent")]
internal sealed partial class SelfRuntime : IRuntime, IProvision
{
    private static readonly TimeSpan PreflightLimit = TimeSpan.FromSeconds(20);

    private readonly string _launcher = Environment.ProcessPath
        ?? throw new InvalidOperationException("The path of this program is unknown.");

    private readonly string? _slot = SelfStart.Slot;
    private SelfStore _store = null!;
    private AgentProcess _process = null!;
    private TimeProvider _timeProvider = TimeProvider.System;
    private ILogger _logger = NullLogger.Instance;

    public SelfRuntime()
    {
    }

    /// <param name="launcher">The agent's program.</param>
    /// <param name="stateFolder">The agent's state folder.</param>
    /// <param name="slot">The slot that this agent is in.</param>
    /// <param name="process">What is asked to start again.</param>
    public SelfRuntime(string launcher, string stateFolder, string? slot, AgentProcess process)
    {
        (_launcher, _slot, _process) = (launcher, slot, process);
        _store = new SelfStore(stateFolder);
    }

    public Task ProvisionAsync(ModuleContext context, CancellationToken cancellationToken)
    {
        _store = new(context.Service<StateFolder>().Path);
        _process = context.Service<AgentProcess>();
        _timeProvider = context.Service<TimeProvider>();
        _logger = context.Service<ILoggerFactory>().CreateLogger(typeof(SelfRuntime).FullName!);
        return Task.CompletedTask;
    }

    public bool Runs(Workload workload) => workload.Kind == RuntimeKind.Agent;

    public Task<RuntimeState?> ObserveAsync(string folder, CancellationToken cancellationToken)
    {
        var state = Settled();
        var instances = new List<Instance>();
        if (state.Current is { } current && current.Slot == _slot)
        {
            instances.Add(new(
                current.Ticket, current.Version, InstancePhase.Current, Environment.ProcessId, current.At));
        }

        if (state.Trial is { } trial)
        {
            instances.Add(trial.Translate());
        }

        return Task.FromResult<RuntimeState?>(new(instances) { Note = state.Reverted ?? "" });
    }

    public async Task PrepareAsync(
        string folder, Workload workload, string release, CancellationToken cancellationToken)
    {
        var hooks = new HookRunner(_launcher, folder, _timeProvider, _logger);
        try
        {
            // Run here, and accept this configuration, before anything relies on it.
            var said = await AskAsync("build-info");
            if (!said.StartsWith("version ", StringComparison.Ordinal))
            {
                throw new DeploymentException(FailureReason.HookFailed, "It is no agent: it told no version.")
                {
                    Output = said,
                };
            }

            await AskAsync("validate", "--config", Path.GetFullPath(_process.ConfigFile));
        }
        catch (DeploymentException e) when (e.Reason == FailureReason.HookFailed)
        {
            throw new DeploymentException(
                FailureReason.PreflightFailed,
                $"The release's {SelfStore.ProgramName} does not run here, or refuses this host's configuration. "
                    + e.Message,
                e)
            {
                Output = e.Output,
            };
        }

        Task<string> AskAsync(params string[] words) => hooks.RunAsync(
            words[0],
            new HookSpec([$"./{SelfStore.ProgramName}", .. words], PreflightLimit),
            workload,
            release,
            cancellationToken);
    }

    public Task StartAsync(
        string folder, string ticket, Workload workload, string release, CancellationToken cancellationToken)
    {
        var state = _store.Load();
        if (state.Trial?.Program.Ticket != ticket)
        {
            var program = new SelfProgram(
                SelfPlanner.SpareOf(state), ticket, workload.Version, _timeProvider.GetUtcNow());
            state = state with { Trial = null, HasPrevious = false, Previous = null, Reverted = null };
            _store.Save(state); // Before its slot is another's.
            _store.Install(program.Slot, Path.Combine(release, SelfStore.ProgramName));
            _store.Save(state with
            {
                Trial = new SelfTrial(program, SelfPhase.Ready, workload.Agent!.ConfirmTimeout),
            });
        }

        return Task.CompletedTask;
    }

    public Task PromoteAsync(string folder, string ticket, CancellationToken cancellationToken)
    {
        var state = _store.Load();
        if (state.Trial is not { Phase: SelfPhase.Ready or SelfPhase.Switching } trial
            || trial.Program.Ticket != ticket)
        {
            throw new ProblemException(new(
                StatusCode.FailedPrecondition, "NOT_READY", $"There is no agent '{ticket}' to switch to."));
        }

        _store.Save(state with { Trial = trial with { Phase = SelfPhase.Switching } });
        Log.Switching(_logger, trial.Program.Version);
        _process.Restart();
        return Task.CompletedTask;
    }

    public Task ConfirmAsync(string folder, CancellationToken cancellationToken)
    {
        var state = _store.Load();
        if (state.Trial is { Phase: SelfPhase.Trying } trial && trial.Program.Slot == _slot)
        {
            _store.Save(new SelfState { Current = trial.Program, HasPrevious = true, Previous = state.Current });
            Libc.SetAlarm(TimeSpan.Zero);
            Log.Confirmed(_logger, trial.Program.Version);
        }
        else if (SelfPlanner.Forget(state, _slot) is var well && well != state)
        {
            _store.Save(well);
        }

        return Task.CompletedTask;
    }

    public Task DiscardAsync(string folder, string ticket, CancellationToken cancellationToken)
    {
        var state = _store.Load();
        if (state.Trial is { Phase: SelfPhase.Ready or SelfPhase.Failed } trial && trial.Program.Ticket == ticket)
        {
            _store.Save(state with { Trial = null });
        }

        return Task.CompletedTask;
    }

    /// <summary>Nothing to stop: whichever program the agent is, it stays.</summary>
    public Task ShutdownAsync(string folder, CancellationToken cancellationToken) => Task.CompletedTask;

    public async IAsyncEnumerable<RuntimeState> WatchAsync(
        string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _timeProvider, cancellationToken);
        yield break;
    }

    /// <summary>What is on disk, and says what became of a trial: also if the start could not write it there.</summary>
    private SelfState Settled()
    {
        var state = _store.Load();
        var settled = _process.IsRestarting ? state : SelfPlanner.Settle(state, _slot);
        if (settled != state)
        {
            _store.Save(settled);
        }

        return settled;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Restarting as the agent of release {Version}, on trial")]
        public static partial void Switching(ILogger logger, string version);

        [LoggerMessage(2, LogLevel.Information, "The agent of release {Version} stays")]
        public static partial void Confirmed(ILogger logger, string version);
    }
}
