using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Agent.Deployments;
using Slipway.Agent.Runtimes.Hooks;
using Slipway.Shared.Modules;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Runtimes.Assets;

/// <summary>
/// Switches static files by one link, and keeps what it leads to as it was deployed: what somebody alters counts as
/// ended, so that the engine starts it again.
/// </summary>
[Module("runtime.assets")]
internal sealed partial class AssetsRuntime : IRuntime, IProvision
{
    private readonly ConcurrentDictionary<string, AssetsChecks> _checks = [];
    private readonly AssetsPauses _pauses = AssetsPauses.Default;
    private readonly string _program = Environment.ProcessPath
        ?? throw new InvalidOperationException("The path of this program is unknown.");
    private TimeProvider _timeProvider = TimeProvider.System;
    private ILogger _logger = NullLogger.Instance;

    public AssetsRuntime()
    {
    }

    /// <param name="program">The agent's program, which launches hooks too.</param>
    /// <param name="pauses">How often files are looked at.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="logger">Is told what drifted.</param>
    public AssetsRuntime(string program, AssetsPauses pauses, TimeProvider timeProvider, ILogger logger)
    {
        _program = program;
        _pauses = pauses;
        _timeProvider = timeProvider;
        _logger = logger;
    }

    public Task ProvisionAsync(ModuleContext context, CancellationToken cancellationToken)
    {
        _timeProvider = context.Service<TimeProvider>();
        _logger = context.Service<ILoggerFactory>().CreateLogger(typeof(AssetsRuntime).FullName!);
        return Task.CompletedTask;
    }

    public bool Runs(Workload workload) => workload.Kind == RuntimeKind.Assets;

    public Task<RuntimeState?> ObserveAsync(string folder, CancellationToken cancellationToken)
    {
        var state = Settle(folder);
        var instances = new List<Instance>();
        if (state.Current is { } current)
        {
            // While the hook of the next release runs, the link is that one's.
            var isSwitching = state.Next?.Phase == AssetsPhase.Switching;
            instances.Add(current.Translate(isSwitching ? null : ChecksOf(folder).FindDamage(current)));
        }

        if (state.Next is { } next)
        {
            instances.Add(next.Translate(damage: null));
        }

        return Task.FromResult<RuntimeState?>(new(instances));
    }

    public Task PrepareAsync(
        string folder, Workload workload, string release, CancellationToken cancellationToken) =>
        workload.Before is { } before
            ? HooksOf(folder).RunAsync(HookRunner.Before, before, workload, release, cancellationToken)
            : Task.CompletedTask;

    public Task StartAsync(
        string folder, string ticket, Workload workload, string release, CancellationToken cancellationToken)
    {
        var state = Settle(folder);
        if (state.Next?.Ticket == ticket)
        {
            return Task.CompletedTask;
        }

        var path = workload.Assets!.Link is { Length: > 0 } link ? link : Path.Combine(folder, "current");
        new AssetsLink(path).Demand(Path.Combine(folder, "releases"), isOwn: state.Current?.Link == path);
        var now = _timeProvider.GetUtcNow();
        var next = new AssetsInstance(ticket, workload, release, path, AssetsPhase.Ready, now);
        if (ticket != workload.DeploymentId && state.Current is not null)
        {
            next = next with { Healed = $"Drift was put right at {now:u}: {ChecksOf(folder).LastDamage}." };
            if (ChecksOf(folder).FindDamage(state.Current) is null)
            {
                // The files are what they were again: there is nothing to switch to.
                Commit(folder, state, next);
                return Task.CompletedTask;
            }
        }

        new AssetsStore(folder).Save(state with { Next = next });
        return Task.CompletedTask;
    }

    public async Task PromoteAsync(string folder, string ticket, CancellationToken cancellationToken)
    {
        var store = new AssetsStore(folder);
        var state = Settle(folder);
        if (state.Current?.Ticket == ticket && state.Next?.Ticket != ticket)
        {
            return;
        }

        if (state.Next is not { Phase: AssetsPhase.Ready or AssetsPhase.Switching } next || next.Ticket != ticket)
        {
            throw new ProblemException(new(
                StatusCode.FailedPrecondition, "NOT_READY", $"There is no release '{ticket}' to switch to."));
        }

        state = state with { Next = next with { Phase = AssetsPhase.Switching } };
        store.Save(state);
        try
        {
            Switch(folder, next, isOwn: state.Current?.Link == next.Link);
            await RunHookAsync(folder, next, cancellationToken);
        }
        catch (DeploymentException e)
        {
            Log.GoingBack(_logger, next.Workload.Key, next.Workload.Version, e.Message);
            store.Save(state with
            {
                Next = next with
                {
                    Phase = AssetsPhase.Reverting,
                    Reason = e.Reason,
                    Detail = e.Message,
                    Output = e.Output,
                },
            });
            Settle(folder);
            return;
        }

        Commit(folder, state, next);
    }

    public Task DiscardAsync(string folder, string ticket, CancellationToken cancellationToken)
    {
        var state = Settle(folder);
        if (state.Next?.Ticket == ticket && state.Next.Phase != AssetsPhase.Switching)
        {
            new AssetsStore(folder).Save(state with { Next = null });
        }

        return Task.CompletedTask;
    }

    public Task ShutdownAsync(string folder, CancellationToken cancellationToken)
    {
        var state = Settle(folder);
        foreach (var instance in (ReadOnlySpan<AssetsInstance?>)[state.Current, state.Next])
        {
            if (instance is not null)
            {
                new AssetsLink(instance.Link).RemoveIfTo(instance.Release);
            }
        }

        _checks.TryRemove(folder, out _);
        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<RuntimeState> WatchAsync(
        string folder, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var wasWell = true;
        while (Directory.Exists(folder))
        {
            var isWell = new AssetsStore(folder).Load() is not { Next: null, Current: { } current }
                || (new AssetsLink(current.Link).FindDamage(current.Release) is null
                    && Directory.Exists(current.Release));
            if (wasWell && !isWell)
            {
                yield return RuntimeState.Empty;
            }

            wasWell = isWell;
            await Task.Delay(_pauses.Look, _timeProvider, cancellationToken);
        }
    }

    private AssetsChecks ChecksOf(string folder) =>
        _checks.GetOrAdd(folder, _ => new AssetsChecks(new(folder), _pauses, _timeProvider));

    // Whoever was killed while the link went back left it to the next.
    private static AssetsState Settle(string folder)
    {
        var store = new AssetsStore(folder);
        var state = store.Load();
        if (state.Next is not { Phase: AssetsPhase.Reverting } failed)
        {
            return state;
        }

        if (state.Current is { } old)
        {
            new AssetsLink(old.Link).PointTo(old.Release);
        }

        if (state.Current?.Link != failed.Link)
        {
            new AssetsLink(failed.Link).RemoveIfTo(failed.Release);
        }

        var settled = state with { Next = failed with { Phase = AssetsPhase.Failed } };
        store.Save(settled);
        return settled;
    }

    private static void Switch(string folder, AssetsInstance next, bool isOwn)
    {
        var link = new AssetsLink(next.Link);

        // Looked at once more: somebody may have come first since the start.
        link.Demand(Path.Combine(folder, "releases"), isOwn);
        try
        {
            link.PointTo(next.Release);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DeploymentException(
                FailureReason.PathTaken, $"The link {next.Link} could not be switched: {e.Message}", e);
        }
    }

    private async Task RunHookAsync(string folder, AssetsInstance next, CancellationToken cancellationToken)
    {
        // What puts a release right again is no deployment.
        if (next.Workload.Assets!.After is { } after && next.Ticket == next.Workload.DeploymentId)
        {
            await HooksOf(folder).RunAsync(HookRunner.After, after, next.Workload, next.Release, cancellationToken);
        }
    }

    private HookRunner HooksOf(string folder) => new(_program, folder, _timeProvider, _logger);

    private void Commit(string folder, AssetsState state, AssetsInstance next)
    {
        if (state.Current is { } old && old.Link != next.Link)
        {
            new AssetsLink(old.Link).RemoveIfTo(old.Release);
        }

        new AssetsStore(folder).Save(new() { Current = next with { Phase = AssetsPhase.Current } });
        ChecksOf(folder).Forget();
        if (next.Healed is { } healed)
        {
            Log.Healed(_logger, next.Workload.Key, healed);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Workload}: {Healed}")]
        public static partial void Healed(ILogger logger, WorkloadKey workload, string healed);

        [LoggerMessage(2, LogLevel.Error, "{Workload}: going back from {Version}: {Why}")]
        public static partial void GoingBack(ILogger logger, WorkloadKey workload, string version, string why);
    }
}
