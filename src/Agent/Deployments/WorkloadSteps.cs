using Grpc.Core;
using Microsoft.Extensions.Logging;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Deployments;

/// <summary>Does the steps of one workload, and keeps its journal and record. Each step can be done twice.</summary>
internal sealed partial class WorkloadSteps(WorkloadKey key, EngineParts parts) : IDisposable
{
    private const long CacheBytes = 2L << 30;

    private readonly string _folder = parts.Folder.WorkloadOf(key);
    private readonly ReleaseStore _releases = new(parts.Folder.WorkloadOf(key));
    private readonly ReleaseStager _stager = new(key, parts);
    private readonly WorkloadStore _store = new(parts.Folder.WorkloadOf(key));
    private DeploymentJournal? _journal;

    public WorkloadRecord Record { get; private set; } = WorkloadRecord.Empty;

    public Attempt? Attempt => _journal?.Attempt;

    /// <summary>Whether anything of the workload is on disk.</summary>
    public bool Exists => Directory.Exists(_folder);

    /// <summary>Why what was committed cannot be started again; empty: it can.</summary>
    public string Trouble { get; private set; } = "";

    private DateTimeOffset Now => parts.TimeProvider.GetUtcNow();

    /// <summary>Takes up what an earlier run of the agent has left.</summary>
    public void Recover(IEnumerable<DeploymentJournal> journals)
    {
        Record = _store.Load((file, e) => Log.RecordBroken(parts.Logger, key, file, e.Message));
        foreach (var journal in journals.OrderBy(journal => journal.Attempt.Workload.Generation))
        {
            if (_journal is { Attempt.IsEnded: false } older)
            {
                older.Append(DeploymentPhase.Superseded, Now);
            }

            CloseJournal();
            _journal = journal;
            Report(journal.Attempt.Last);
        }

        _stager.Recover();
    }

    public async Task<RuntimeState?> ObserveAsync(CancellationToken cancellationToken) =>
        Runtime is { } runtime && Exists ? await runtime.ObserveAsync(_folder, cancellationToken) : null;

    /// <summary>This agent works, which is news to a runtime that waits for it.</summary>
    public Task ConfirmAsync(CancellationToken cancellationToken) =>
        Runtime is { } runtime && Exists ? runtime.ConfirmAsync(_folder, cancellationToken) : Task.CompletedTask;

    /// <summary>Brings the runtime itself up to date; when to do so again.</summary>
    public Task<TimeSpan> MaintainAsync(CancellationToken cancellationToken) =>
        parts.IsLinked() && Runtime is { } runtime
            ? runtime.MaintainAsync(_folder, cancellationToken)
            : Task.FromResult(IRuntime.Never);

    /// <summary>Reports how the committed program has ended by itself, after its deployment's own end.</summary>
    public void TellEnds(WorkloadView view)
    {
        if (Record.Committed is not { } committed || view.Runtime is not { } runtime
            || Attempt?.Workload.DeploymentId == committed.DeploymentId)
        {
            return;
        }

        var (told, ends) = EndPlanner.Next(Record.Ends, committed, runtime.Instances, view.Now);
        foreach (var end in ends)
        {
            Log.Ended(parts.Logger, key, committed.Version, end.Detail);
            parts.Reports.Add(DeploymentReport.Of(committed.DeploymentId, end));
            parts.Changed();
        }

        if (told != Record.Ends)
        {
            Save(Record with { Ends = told });
        }
    }

    public IAsyncEnumerable<RuntimeState>? Watch(CancellationToken cancellationToken) =>
        Runtime?.WatchAsync(_folder, cancellationToken);

    /// <param name="step">What to do.</param>
    /// <param name="desired">What is wanted; what a new attempt is begun with.</param>
    /// <param name="cancellationToken">Breaks the step off; it can be done again.</param>
    /// <exception cref="DeploymentException">It cannot be done: the attempt has failed.</exception>
    public async Task DoAsync(Step step, Workload? desired, CancellationToken cancellationToken)
    {
        switch (step.Kind)
        {
            case StepKind.Fetch:
                await FetchAsync(Current, cancellationToken);
                break;
            case StepKind.Stage:
                await StageAsync(Current, cancellationToken);
                break;
            case StepKind.Start when !MayStart(Current):
                break; // Somebody was quicker: looked at again.
            case StepKind.Start:
                await StartAsync(step.Ticket, Current, cancellationToken);
                break;
            case StepKind.Restore:
                await RestoreAsync(step.Ticket, Record.Committed!, cancellationToken);
                break;
            case StepKind.Promote:
                await RuntimeOrThrow.PromoteAsync(_folder, step.Ticket, cancellationToken);
                break;
            case StepKind.Discard:
                await RuntimeOrThrow.DiscardAsync(_folder, step.Ticket, cancellationToken);
                break;
            case StepKind.Close:
                await CloseAsync(cancellationToken);
                break;
            case StepKind.Remove:
                await RemoveAsync(cancellationToken);
                break;
            default:
                WriteDown(step, desired);
                break;
        }
    }

    public void Dispose() => _journal?.Dispose();

    private IRuntime? Runtime
    {
        get
        {
            var runs = Attempt?.Workload ?? Record.Committed;
            return parts.Modules().Runtimes.FirstOrDefault(runtime => runs is null || runtime.Runs(runs));
        }
    }

    private IRuntime RuntimeOrThrow => Runtime ?? throw new InvalidOperationException("No runtime is configured.");

    private Workload Current => Journal.Attempt.Workload;

    private DeploymentJournal Journal => _journal ?? throw new InvalidOperationException("No attempt is under way.");

    private void WriteDown(Step step, Workload? desired)
    {
        switch (step.Kind)
        {
            case StepKind.Begin when !MayBegin(desired!):
                break; // Somebody was quicker: looked at again.
            case StepKind.Begin:
                _journal = DeploymentJournal.Create(parts.Folder.JournalOf(desired!.DeploymentId), desired, Now);
                Log.Beginning(parts.Logger, key, desired.Version, desired.Generation);
                Report(Journal.Attempt.Last);
                break;
            case StepKind.Accept:
                Report(Journal.Append(DeploymentPhase.Fetching, Now));
                break;
            case StepKind.Verify:
                Report(Journal.Append(DeploymentPhase.Verifying, Now));
                break;
            case StepKind.Decide:
                Journal.AppendDecision(Now);
                break;
            case StepKind.Commit:
                _releases.PointTo(Current);
                Save(Record.After(Journal.Attempt));
                Journal.Append(DeploymentPhase.Committed, Now);
                Log.Committed(parts.Logger, key, Current.Version);
                break;
            case StepKind.Fail:
                Journal.AppendFailure(step, Now);
                Log.Failed(parts.Logger, key, Current.Version, step.Reason, step.Detail);
                break;
            case StepKind.Supersede:
                Journal.Append(DeploymentPhase.Superseded, Now);
                Log.Superseded(parts.Logger, key, Current.Version);
                break;
            default:
                throw new InvalidOperationException($"There is no step {step.Kind}.");
        }
    }

    private async Task FetchAsync(Workload workload, CancellationToken cancellationToken)
    {
        await _stager.FetchAsync(workload, cancellationToken);
        Report(Journal.Append(DeploymentPhase.Staging, Now));
    }

    private async Task StageAsync(Workload workload, CancellationToken cancellationToken)
    {
        await _stager.StageAsync(workload, cancellationToken);
        Report(Journal.Append(DeploymentPhase.Starting, Now));
    }

    // An upgrade waits when it is about to start, not while it is fetched.
    private bool MayBegin(Workload workload) =>
        workload.Kind == RuntimeKind.Agent || parts.Turns.TryEnter(key, isUpgrade: false);

    private bool MayStart(Workload workload) =>
        workload.Kind != RuntimeKind.Agent || parts.Turns.TryEnter(key, isUpgrade: true);

    private Task StartAsync(string ticket, Workload workload, CancellationToken cancellationToken) =>
        parts.Modules().RuntimeOf(workload)
            .StartAsync(_folder, ticket, workload, _releases.PathOf(workload), cancellationToken);

    // Fails by itself: an attempt that is under way may be the cure.
    private async Task RestoreAsync(string ticket, Workload committed, CancellationToken cancellationToken)
    {
        Log.Restoring(parts.Logger, key, committed.Version);
        try
        {
            await _stager.RepairAsync(committed, cancellationToken);
            await StartAsync(ticket, committed, cancellationToken);
            Trouble = "";
        }
        catch (Exception e) when (e is DeploymentException or ProblemException)
        {
            Trouble = e.Message;
            Log.NotRestored(parts.Logger, key, committed.Version, e.Message);
        }
    }

    private async Task CloseAsync(CancellationToken cancellationToken)
    {
        var attempt = Journal.Attempt;
        if (attempt.Phase != DeploymentPhase.Committed && Runtime is { } runtime)
        {
            try
            {
                await runtime.DiscardAsync(_folder, attempt.Ticket, cancellationToken);
            }
            catch (ProblemException e)
            {
                // Nothing that was started, or nothing that lives: there is nothing to stop.
                Log.NotDiscarded(parts.Logger, key, e.Message);
            }
        }

        CloseJournal();
        PruneReleases();
        parts.Cache.Prune(CacheBytes);
    }

    // Record, report, journal: until the last of them is done, all of them are done again.
    private void CloseJournal()
    {
        if (_journal is { } journal)
        {
            Save(Record.After(journal.Attempt));
            Report(journal.Attempt.Last);
            journal.Delete();
            _journal = null;
            parts.Turns.Leave(key);
        }
    }

    private void PruneReleases()
    {
        if (Record.Committed is { } committed)
        {
            var keep = new HashSet<string> { ReleaseName.Of(committed) };
            if (Record.PreviousRelease is { } previous)
            {
                keep.Add(previous);
            }

            _releases.Prune(keep, committed.KeepReleases);
        }
    }

    private async Task RemoveAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RuntimeOrThrow.ShutdownAsync(_folder, cancellationToken);
        }
        catch (ProblemException e) when (e.Problem.Code == StatusCode.Unavailable)
        {
            // Nothing lives; what is left is the folder.
            Log.NotDiscarded(parts.Logger, key, e.Message);
        }

        Directory.Delete(_folder, recursive: true);
        Record = WorkloadRecord.Empty;
        Log.Removed(parts.Logger, key);
    }

    private void Save(WorkloadRecord record)
    {
        _store.Save(record);
        Record = record;
    }

    private void Report(JournalRecord record)
    {
        parts.Reports.Add(record.ToReport(Journal.Attempt.Workload.DeploymentId));
        parts.Changed();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Workload}: deploying {Version} (generation {Generation})")]
        public static partial void Beginning(ILogger logger, WorkloadKey workload, string version, ulong generation);

        [LoggerMessage(2, LogLevel.Information, "{Workload}: {Version} is committed")]
        public static partial void Committed(ILogger logger, WorkloadKey workload, string version);

        [LoggerMessage(3, LogLevel.Error, "{Workload}: {Version} failed ({Reason}): {Detail}")]
        public static partial void Failed(
            ILogger logger, WorkloadKey workload, string version, FailureReason reason, string detail);

        [LoggerMessage(4, LogLevel.Information, "{Workload}: {Version} gives way to something newer")]
        public static partial void Superseded(ILogger logger, WorkloadKey workload, string version);

        [LoggerMessage(5, LogLevel.Warning, "{Workload}: {Version} does not run as it should; putting that right")]
        public static partial void Restoring(ILogger logger, WorkloadKey workload, string version);

        [LoggerMessage(6, LogLevel.Debug, "{Workload}: nothing to stop: {Why}")]
        public static partial void NotDiscarded(ILogger logger, WorkloadKey workload, string why);

        [LoggerMessage(8, LogLevel.Error, "{Workload}: {Version} cannot be started again: {Why}")]
        public static partial void NotRestored(ILogger logger, WorkloadKey workload, string version, string why);

        [LoggerMessage(9, LogLevel.Warning, "{Workload}: the program of {Version} ended by itself: {Detail}")]
        public static partial void Ended(ILogger logger, WorkloadKey workload, string version, string detail);

        [LoggerMessage(
            9,
            LogLevel.Error,
            "{Workload}: {File} cannot be read ({Why}); it is set aside with the suffix .broken, what runs goes on, "
                + "and what is desired is deployed anew")]
        public static partial void RecordBroken(ILogger logger, WorkloadKey workload, string file, string why);

        [LoggerMessage(7, LogLevel.Information, "{Workload}: stopped and removed")]
        public static partial void Removed(ILogger logger, WorkloadKey workload);
    }
}
