using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Slipway.Agent.Deployments;

/// <summary>
/// Brings one workload to what is desired, and keeps it there: observe, plan, act, and again. Woken by new desired
/// state, by its runtime, and every half minute, so that a lost event costs time and nothing else.
/// </summary>
internal sealed partial class WorkloadLoop(WorkloadKey key, EngineParts parts) : IAsyncDisposable
{
    // So often may something unforeseen go wrong before an attempt is given up.
    private const int MaxErrors = 5;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan WatchPause = TimeSpan.FromMilliseconds(100);

    private readonly WorkloadSteps _steps = new(key, parts);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private CancellationTokenSource _interrupt = new();
    private Workload? _desired;
    private bool _isDesiredKnown;
    private int _errors;
    private int _restores;
    private DateTimeOffset _restoreAt;
    private Task _watch = Task.CompletedTask;
    private Task _run = Task.CompletedTask;

    /// <summary>What runs; null: nothing is known, or the workload is gone.</summary>
    public WorkloadStatus? Status { get; private set; }

    /// <summary>Whether the status is known: it was looked at since the agent's start, or that failed.</summary>
    public bool HasLooked { get; private set; }

    /// <summary>Whether its workload is not wanted, and nothing is left of it.</summary>
    public bool IsGone { get; private set; }

    /// <summary>Takes up what was left on disk and begins to work.</summary>
    public void Start(IReadOnlyList<DeploymentJournal> journals, Workload? desired, bool isDesiredKnown)
    {
        Assign(desired, isDesiredKnown);
        _run = RunAsync(journals, _stopping.Token);
    }

    /// <summary>What should run from now on; breaks off what is being fetched for something older.</summary>
    public void Assign(Workload? desired, bool isKnown)
    {
        lock (_gate)
        {
            var isSame = _desired?.Generation == desired?.Generation && _desired?.DeploymentId == desired?.DeploymentId;
            _desired = desired;
            _isDesiredKnown = isKnown;
            IsGone &= desired is null;
            if (!isSame)
            {
                _interrupt.Cancel();
            }
        }

        Wake();
    }

    /// <summary>Has it look again soon.</summary>
    public void Wake() => _wake.Writer.TryWrite(item: true);

    /// <summary>Ends the work where it is; the programs keep running.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _run;
        await _watch;
        _steps.Dispose();
        _stopping.Dispose();
        _interrupt.Dispose();
    }

    private async Task RunAsync(IReadOnlyList<DeploymentJournal> journals, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var isRecovered = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            var interrupt = Interruptible(out var desired, out var isKnown);
            try
            {
                if (!isRecovered)
                {
                    _steps.Recover(journals);
                    isRecovered = true;
                }

                await TurnAsync(desired, isKnown, interrupt, cancellationToken);
            }
            catch (OperationCanceledException) when (
                cancellationToken.IsCancellationRequested || interrupt.IsCancellationRequested)
            {
                // Stopped, or something newer is wanted: the next turn looks.
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                Look();
                await RecoverAsync(e, desired, cancellationToken);
            }
        }
    }

    private CancellationToken Interruptible(out Workload? desired, out bool isKnown)
    {
        lock (_gate)
        {
            if (_interrupt.IsCancellationRequested)
            {
                _interrupt.Dispose();
                _interrupt = new();
            }

            desired = _desired;
            isKnown = _isDesiredKnown;
            return _interrupt.Token;
        }
    }

    private async Task TurnAsync(
        Workload? desired, bool isKnown, CancellationToken interrupt, CancellationToken cancellationToken)
    {
        if (parts.IsProven())
        {
            await _steps.ConfirmAsync(cancellationToken);
        }

        var runtime = await _steps.ObserveAsync(cancellationToken);
        var view = new WorkloadView(desired, _steps.Record, _steps.Attempt, runtime, parts.TimeProvider.GetUtcNow())
        {
            Exists = _steps.Exists,
            IsDesiredKnown = isKnown,
            IsHostTaken = parts.Turns.IsTaken(
                key, isUpgrade: (_steps.Attempt?.Workload ?? desired)?.Kind == RuntimeKind.Agent),
            RestoreAt = _restoreAt,
            Trouble = _steps.Trouble,
        };
        if (!HasLooked
            && runtime?.Instances.FirstOrDefault(one => one.Phase == InstancePhase.Current) is { Pid: > 0 } adopted)
        {
            Log.Adopted(parts.Logger, key, adopted.Version, adopted.Pid);
        }

        _steps.TellEnds(view);
        Publish(view);
        Follow(runtime, cancellationToken);

        var step = DeploymentPlanner.Next(view);
        if (step.Kind == StepKind.Wait)
        {
            var isIdle = view is { Attempt: null, Runtime: not null };
            var again = isIdle ? await _steps.MaintainAsync(cancellationToken) : step.Delay;
            await SleepAsync(again < step.Delay ? again : step.Delay, cancellationToken);
            return;
        }

        CountRestores(step, view);
        if (step.Kind is StepKind.Fetch or StepKind.Stage)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(interrupt, cancellationToken);
            await _steps.DoAsync(step, desired, either.Token);
        }
        else
        {
            await _steps.DoAsync(step, desired, cancellationToken);
        }

        _errors = 0;
    }

    private void Publish(WorkloadView view)
    {
        var isGone = !view.Exists && view.Attempt is null
            && (view.Desired is null || view.Record == WorkloadRecord.Empty);
        var status = isGone ? null : WorkloadObservation.Of(key, view, Status);
        if (!ReferenceEquals(status, Status))
        {
            Status = status;
            parts.Changed();
        }

        Look();
        Depart(view);
    }

    private void Depart(WorkloadView view)
    {
        lock (_gate)
        {
            // It may be wanted again since the view was made.
            IsGone = _desired is null && view is { Desired: null, IsDesiredKnown: true, Exists: false, Attempt: null };
        }

        if (IsGone)
        {
            parts.Departed();
        }
    }

    private void Look()
    {
        if (!HasLooked)
        {
            HasLooked = true;
            parts.Changed();
        }
    }

    private void Follow(RuntimeState? runtime, CancellationToken cancellationToken)
    {
        if (runtime is not null && _watch.IsCompleted)
        {
            _watch = WatchAsync(cancellationToken);
        }
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var _ in _steps.Watch(cancellationToken)!)
            {
                Wake();
            }

            // The runtime has ended. The pause keeps one that ends at once from becoming a busy loop.
            await Task.Delay(WatchPause, parts.TimeProvider, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Log.WatchEnded(parts.Logger, key, e.Message);
            await Task.Delay(WatchPause, parts.TimeProvider, CancellationToken.None);
        }

        Wake();
    }

    private void CountRestores(Step step, WorkloadView view)
    {
        if (step.Kind == StepKind.Restore)
        {
            _restoreAt = view.Now + (FirstPause * Math.Pow(2, Math.Min(_restores++, 6)));
            _restoreAt = _restoreAt > view.Now + LongestPause ? view.Now + LongestPause : _restoreAt;
        }
        else if (step.Kind is StepKind.Promote or StepKind.Commit)
        {
            _restores = 0;
        }
    }

    private async Task RecoverAsync(Exception exception, Workload? desired, CancellationToken cancellationToken)
    {
        var failure = exception as DeploymentException;
        _errors++;
        if (_steps.Attempt is { IsEnded: false, IsDecided: false } && (failure is not null || _errors >= MaxErrors))
        {
            Log.GivingUp(parts.Logger, key, exception.Message);
            if (await TryFailAsync(
                Step.Fail(failure?.Reason ?? FailureReason.Internal, exception.Message, failure?.Output ?? ""),
                desired, cancellationToken))
            {
                _errors = 0;
                return;
            }
        }

        Log.TurnFailed(parts.Logger, key, exception.Message, exception);
        await SleepAsync(parts.Jitter.BackOff(FirstPause, LongestPause, _errors), cancellationToken);
    }

    private async Task<bool> TryFailAsync(Step failure, Workload? desired, CancellationToken cancellationToken)
    {
        try
        {
            await _steps.DoAsync(failure, desired, cancellationToken);
            return true;
        }
        catch (IOException)
        {
            // Not even the journal can be written: later.
            return false;
        }
    }

    private async Task SleepAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        var tick = parts.Jitter.Around(Tick);
        using var timer = new CancellationTokenSource(delay < tick ? delay : tick, parts.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
        try
        {
            await _wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Time to look again, or to stop: the loop sees which.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(4, LogLevel.Information, "{Workload}: {Version} runs as process {Pid}; adopted")]
        public static partial void Adopted(ILogger logger, WorkloadKey workload, string version, int pid);

        [LoggerMessage(1, LogLevel.Warning, "{Workload}: {Why}; trying again")]
        public static partial void TurnFailed(ILogger logger, WorkloadKey workload, string why, Exception exception);

        [LoggerMessage(2, LogLevel.Warning, "{Workload}: giving the deployment up: {Why}")]
        public static partial void GivingUp(ILogger logger, WorkloadKey workload, string why);

        [LoggerMessage(3, LogLevel.Debug, "{Workload}: the runtime cannot be watched: {Why}")]
        public static partial void WatchEnded(ILogger logger, WorkloadKey workload, string why);
    }
}
