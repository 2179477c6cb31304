using System.Text.Json;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Deployments;

/// <summary>
/// Runs what is desired, one loop for each workload. Everything it knows is on disk before it acts, and programs live
/// outside of it: it can be killed at any instruction and takes up its work where it was.
/// </summary>
internal sealed partial class DeploymentEngine(
    string stateFolder, TimeProvider timeProvider, Random random, ILogger logger) : IAsyncDisposable
{
    private readonly EngineFolder _folder = new(stateFolder);
    private readonly DesiredStore _store = new(new EngineFolder(stateFolder).DesiredFile);
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly Channel<bool> _departures = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private volatile EngineModules _modules = EngineModules.None;
    private volatile IReadOnlyDictionary<WorkloadKey, WorkloadLoop> _loops =
        new Dictionary<WorkloadKey, WorkloadLoop>();
    private EngineParts? _parts;
    private Task _retiring = Task.CompletedTask;
    private bool _isDisposed;
    private volatile bool _isLinked;

    /// <summary>What should run, as it was stored last.</summary>
    public DesiredState Desired { get; private set; } = DesiredState.Empty;

    /// <summary>What the control plane has not acknowledged yet.</summary>
    public ReportSpool Reports => Parts.Reports;

    /// <summary>Says that a report or a status is new; many changes may be one word.</summary>
    public ChannelReader<bool> Changes => _changes.Reader;

    private EngineParts Parts => _parts ?? throw new InvalidOperationException("The engine was not started.");

    /// <summary>The modules in force from now on; steps under way end with those that they began with.</summary>
    public void Use(EngineModules modules) => _modules = modules;

    /// <summary>As <see cref="Use"/>, unless there are modules in force.</summary>
    public void UseFirst(EngineModules modules)
    {
        if (_modules == EngineModules.None)
        {
            _modules = modules;
        }
    }

    /// <summary>Takes up what an earlier run left. Once is enough.</summary>
    /// <exception cref="IOException">The state folder cannot be used.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_parts is not null)
            {
                return;
            }

            _folder.Create();
            Desired = _store.Load(e => Log.DesiredBroken(logger, _folder.DesiredFile, e));
            _parts = MakeParts();
            var journals = OpenJournals().ToLookup(journal => journal.Attempt.Workload.Key);
            foreach (var attempt in journals.SelectMany(group => group).Select(journal => journal.Attempt))
            {
                // Before any loop begins something: who was alone before the restart is so again.
                if (attempt.Workload.Kind != RuntimeKind.Agent || attempt.IsDecided)
                {
                    _parts.Turns.Enter(attempt.Workload.Key, attempt.Workload.Kind == RuntimeKind.Agent);
                }
            }

            var keys = Desired.Workloads.Select(workload => workload.Key)
                .Concat(_folder.FindWorkloads())
                .Concat(journals.Select(group => group.Key))
                .Distinct();
            StartLoops(keys, journals);
            _retiring = RetireAsync();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Stores what should run, then acts on it; returns when it is stored.</summary>
    /// <exception cref="ProblemException">STALE_DESIRED: it is older than what is known; INVALID_FIELD.</exception>
    public async Task AcceptAsync(DesiredState desired, CancellationToken cancellationToken)
    {
        DesiredCheck.Demand(desired);
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (!desired.Token.MayFollow(Desired.Token))
            {
                throw new ProblemException(new Problem(
                    StatusCode.FailedPrecondition,
                    "STALE_DESIRED",
                    $"Revision {desired.Token.Epoch}.{desired.Token.Revision} is older than what this agent has."));
            }

            _store.Save(desired);
            Desired = desired;
            var none = Enumerable.Empty<DeploymentJournal>().ToLookup(journal => journal.Attempt.Workload.Key);
            StartLoops(desired.Workloads.Select(workload => workload.Key).Where(key => !_loops.ContainsKey(key)), none);
            AssignAll();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>
    /// Forgets which revision the desired state has: another control plane counts anew. What runs stays.
    /// </summary>
    public async Task ForgetTokenAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var forgotten = Desired with { Token = DesiredToken.None };
            _store.Save(forgotten);
            Desired = forgotten;
            AssignAll();
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Tells that the control plane was reached: this agent is one that works.</summary>
    public void Connect()
    {
        _isLinked = true;
        foreach (var loop in _loops.Values)
        {
            loop.Wake();
        }
    }

    /// <summary>Whether every workload was looked at since the start.</summary>
    public bool HasLooked => _loops.Values.All(loop => loop.HasLooked);

    /// <summary>Where a workload's output is kept, if it has any; null: there is no such workload.</summary>
    public string? LogOf(WorkloadKey key) =>
        Directory.Exists(_folder.WorkloadOf(key)) ? _folder.LogOf(key) : null;

    /// <summary>What really runs.</summary>
    public IReadOnlyList<WorkloadStatus> Observe() =>
        [.. _loops.Values.Select(loop => loop.Status).OfType<WorkloadStatus>()];

    /// <summary>Ends the work; the programs keep running.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _departures.Writer.Complete();
        await _retiring;
        await Task.WhenAll(_loops.Values.Select(loop => loop.DisposeAsync().AsTask()));
        _parts?.Dispose();
        _one.Dispose();
    }

    /// <summary>Ends the loops of workloads of which nothing is left; until the engine is disposed.</summary>
    private async Task RetireAsync()
    {
        await foreach (var _ in _departures.Reader.ReadAllAsync(CancellationToken.None))
        {
            await _one.WaitAsync(CancellationToken.None);
            try
            {
                var gone = _loops.Where(pair => pair.Value.IsGone).ToList();
                _loops = _loops.Where(pair => !gone.Contains(pair)).ToDictionary();
                foreach (var (_, loop) in gone)
                {
                    await loop.DisposeAsync();
                }
            }
            finally
            {
                _one.Release();
            }
        }
    }

    private EngineParts MakeParts()
    {
        var jitter = new Jitter(random);
        return new()
        {
            Cache = new(_folder.Blobs, timeProvider, jitter),
            Changed = () => _changes.Writer.TryWrite(item: true),
            Departed = () => _departures.Writer.TryWrite(item: true),
            Folder = _folder,
            IsLinked = () => _isLinked,
            IsProven = () => _isLinked && HasLooked,
            Jitter = jitter,
            Logger = logger,
            Modules = () => _modules,
            Reports = new(_folder.Spool),
            TimeProvider = timeProvider,
        };
    }

    private IEnumerable<DeploymentJournal> OpenJournals()
    {
        foreach (var path in Directory.EnumerateFiles(_folder.Journals, "*.jsonl").ToList())
        {
            if (TryOpen(path) is { } journal)
            {
                yield return journal;
            }
            else
            {
                // Killed while the first line was written: nothing was begun.
                File.Delete(path);
            }
        }
    }

    private DeploymentJournal? TryOpen(string path)
    {
        try
        {
            return DeploymentJournal.Open(path);
        }
        catch (JsonException e)
        {
            Log.JournalBroken(logger, path, e);
            return null;
        }
    }

    private void StartLoops(IEnumerable<WorkloadKey> keys, ILookup<WorkloadKey, DeploymentJournal> journals)
    {
        var loops = new Dictionary<WorkloadKey, WorkloadLoop>(_loops);
        foreach (var key in keys.ToList())
        {
            var loop = new WorkloadLoop(key, Parts);
            loops.Add(key, loop);
            loop.Start([.. journals[key]], DesiredOf(key), IsDesiredKnown);
        }

        _loops = loops;
    }

    private bool IsDesiredKnown => Desired.Token != DesiredToken.None;

    private Workload? DesiredOf(WorkloadKey key) => Desired.Workloads.FirstOrDefault(workload => workload.Key == key);

    private void AssignAll()
    {
        foreach (var (key, loop) in _loops)
        {
            loop.Assign(DesiredOf(key), IsDesiredKnown);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Path} cannot be read; what was committed runs on, nothing is removed")]
        public static partial void DesiredBroken(ILogger logger, string path, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "The journal {Path} cannot be read; its deployment is begun anew")]
        public static partial void JournalBroken(ILogger logger, string path, Exception exception);
    }
}
