using System.ComponentModel;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Deployments;
using Slipway.Agent.Hosting;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// Does what the planner says and tells it what happened. Everything is on one thread: an event is planned, the plan
/// is written to disk, and only then do its effects begin.
/// </summary>
internal sealed class SupervisorLoop : IDisposable
{
    private const int MostFailures = 100;

    private readonly Poller _poller;
    private readonly SupervisorPlanner _planner;
    private readonly OutputLog _log;
    private readonly SupervisorStore _store;
    private readonly ListenerSet _listeners = new();
    private readonly ControlServer? _server;
    private readonly ChildContext _context;
    private readonly ChildSet _children;
    private readonly ReadinessWatch _readiness;
    private readonly LivenessWatch _liveness;
    private readonly SupervisorUpgrade _upgrade;
    private readonly SafeFileHandle _lock;
    private readonly TakenHandover? _taken;
    private readonly Queue<SupervisorEvent> _events = new();
    private readonly List<Action> _effects = [];
    private SupervisorPlan _plan = SupervisorPlan.Empty;
    private IDisposable? _alarm;
    private string? _refusal;
    private bool _isWorking;

    /// <summary>Takes up what an earlier process has left in the folder.</summary>
    public SupervisorLoop(string folder, SafeFileHandle lockFile, Poller poller)
        : this(folder, lockFile, poller, taken: null)
    {
        if (SupervisorJournal.Read(folder) is { } journal)
        {
            Resume(journal);
        }

        _server = new ControlServer(folder, poller, Answer);
        Work();
    }

    /// <summary>Takes over from another program of this process.</summary>
    public SupervisorLoop(string folder, Poller poller, TakenHandover taken)
        : this(folder, taken.Descriptors[taken.Handover.Lock], poller, taken)
    {
        Resume(taken);
        _server = new ControlServer(folder, poller, Answer, taken.Descriptors[taken.Handover.Control]);
        Work();
    }

    private SupervisorLoop(string folder, SafeFileHandle lockFile, Poller poller, TakenHandover? taken)
    {
        (_poller, _planner, _store) = (poller, new SupervisorPlanner(new Random()), new SupervisorStore(folder, poller));
        (_lock, _taken) = (lockFile, taken);
        _log = new OutputLog(folder);
        _context = new ChildContext(poller, _log, new ProcessTable(), OnEnded, OnNotice);
        _children = new ChildSet(_context);
        _readiness = new ReadinessWatch(_context, _children, _listeners);
        _liveness = new LivenessWatch(_context, _children, _readiness);
        _upgrade = new SupervisorUpgrade(folder, poller, HandOver, OnUpgradeChanged);
    }

    private bool IsDone => _plan.IsStopping && _children.IsEmpty;

    /// <summary>Asks all generations to finish; <see cref="Run"/> returns when they have.</summary>
    public void Shutdown() => Post(new SupervisorEvent.Shutdown());

    public void Run()
    {
        if (_taken is not null)
        {
            Save(); // The program before may have had no room for it.
            _upgrade.Complete(_taken);
        }

        var failures = 0;
        while (!IsDone)
        {
            try
            {
                _poller.RunOnce();
                failures = 0;
            }
            catch (Exception e) when (e is Win32Exception or IOException && failures++ < MostFailures)
            {
                // One descriptor's trouble must not end what runs; what persists is left to a successor.
                _store.Complain(e.ToString());
            }
        }
    }

    public void Dispose()
    {
        _upgrade.Dispose();
        _log.Dispose();
        _listeners.KeepOnly([]);
        _server!.Dispose(); // Its end is what the client of a shutdown waits for.
        _lock.Dispose();
    }

    private SupervisorReply Answer(SupervisorRequest request)
    {
        _refusal = null;
        switch (request.Verb)
        {
            case SupervisorVerb.Start when request.Spec is { } spec:
                _refusal = SpecCheck.Find(spec);
                if (_refusal is null)
                {
                    Post(new SupervisorEvent.Start(request.Ticket, spec));
                }

                break;
            case SupervisorVerb.Promote:
                Post(new SupervisorEvent.Promote(request.Ticket));
                break;
            case SupervisorVerb.Discard:
                Post(new SupervisorEvent.Discard(request.Ticket));
                break;
            case SupervisorVerb.Shutdown:
                Shutdown();
                break;
            case SupervisorVerb.Upgrade when !_plan.IsStopping:
                _refusal = _upgrade.Begin(request.Program);
                break;
            case SupervisorVerb.State or SupervisorVerb.Watch:
                break;
            default:
                _refusal = $"verb: {request.Verb} is unknown, lacks its spec, or comes too late.";
                break;
        }

        return _refusal is { } refusal ? new SupervisorReply(Refusal: refusal) : new SupervisorReply(State());
    }

    private void Post(SupervisorEvent happened)
    {
        _events.Enqueue(happened);
        if (!_isWorking)
        {
            Work();
        }
    }

    private void Work()
    {
        _isWorking = true;
        var before = _plan;
        while (_events.TryDequeue(out var happened))
        {
            var step = _planner.Apply(_plan, happened, _poller.Now);
            _plan = step.Plan;
            _refusal ??= step.Refusal;
            foreach (var action in step.Actions)
            {
                Act(action);
            }
        }

        _isWorking = false;
        if (!ReferenceEquals(before, _plan))
        {
            Save();
        }

        var effects = _effects.ToList();
        _effects.Clear();
        effects.ForEach(effect => effect());
        Settle(before);
    }

    /// <summary>What follows from the plan, whatever led to it.</summary>
    private void Settle(SupervisorPlan before)
    {
        _listeners.KeepOnly(
            _plan.Generations.Where(generation => generation.WantsSockets)
                .SelectMany(generation => generation.Spec.Server.Listen));
        _readiness.KeepOnly(number => _plan.Find(number)?.Phase == GenerationPhase.Starting);
        _liveness.Follow(_plan, NewsOf);
        _children.KeepOutputs(ticket => _plan.Find(ticket) is not null);
        _alarm?.Dispose();
        _alarm = _plan.NextDeadline is { } deadline
            ? _poller.After(deadline - _poller.Now, () => Post(new SupervisorEvent.Tick()))
            : null;
        if (!ReferenceEquals(before, _plan))
        {
            _server?.Publish(State());
        }
    }

    private void Act(SupervisorAction action)
    {
        switch (action)
        {
            case SupervisorAction.Spawn spawn:
                Spawn(spawn.Generation);
                break;
            case SupervisorAction.Stop { Generation: var stopped }:
                var signal = SpecCheck.Signals[stopped.Spec.Server.StopSignal];
                _effects.Add(() => _children.Find(stopped.Number)?.Stop(signal));
                break;
            case SupervisorAction.Kill { Generation: var killed }:
                _effects.Add(() => _children.Find(killed.Number)?.Kill());
                break;
        }
    }

    private void Spawn(Generation generation)
    {
        Post(_children.Spawn(generation, _listeners));
        if (_children.Find(generation.Number) is { } child)
        {
            child.Executed = () => BeginProbe(generation.Number);
            _effects.Add(child.Go);
        }
    }

    private void BeginProbe(int number)
    {
        if (_plan.Find(number) is { Phase: GenerationPhase.Starting } generation
            && _children.Find(number) is { } child)
        {
            _readiness.Begin(
                generation,
                child,
                () => Post(new SupervisorEvent.BecameReady(number)),
                note => Note(number, note));
        }
    }

    /// <summary>Not worth a write to disk, nor a word to those who watch.</summary>
    private void Note(int number, string detail) =>
        _plan = _planner.Apply(_plan, new SupervisorEvent.Noted(number, detail), _poller.Now).Plan;

    private void OnNotice(int number, NotifyMessage message)
    {
        if (message.Status is { } status)
        {
            Note(number, status);
        }

        if (message.Extension is { } time)
        {
            Post(new SupervisorEvent.Extended(number, time));
        }

        if (message.IsStopping)
        {
            Post(new SupervisorEvent.Stopping(number));
        }

        _liveness.Hear(number, message);
        if (message.IsReady && _plan.Find(number)?.Spec.Server.Readiness.Kind == ReadinessKind.Notify)
        {
            Post(new SupervisorEvent.BecameReady(number));
        }
    }

    private LivenessNews NewsOf(Generation generation) => new(
        (end, detail) => Post(new SupervisorEvent.Failing(generation.Number, end, detail)),
        () => Post(new SupervisorEvent.Recovered(generation.Number)));

    private void OnEnded(int number, GenerationEnd end, string detail)
    {
        _children.Retire(number, _plan.Find(number)?.Ticket);
        Post(new SupervisorEvent.Ended(number, end, detail));
    }

    private SupervisorState State() =>
        SupervisorState.Of(_plan, _listeners, _children) with { Upgrade = _upgrade.State };

    private void OnUpgradeChanged()
    {
        _store.Complain(_upgrade.State.ToString());
        _server!.Publish(State());
    }

    private Handover HandOver(HandoverDescriptors descriptors)
    {
        if (!_log.Flush())
        {
            throw new IOException("The programs' output could not be written within a second.");
        }

        var handover = new Handover(Handover.CurrentFormat, BuildInfo.Version, _plan)
        {
            Origin = _poller.Origin,
            Lock = descriptors.Add(_lock),
            Control = descriptors.Add(_server!.Listener),
        };
        return _listeners.HandOver(_children.HandOver(handover, descriptors), descriptors);
    }

    private void Save() =>
        _store.Save(new SupervisorJournal(ProcessTable.BootId, _plan, _listeners.Journal, _children.Journal));

    private void Resume(SupervisorJournal journal)
    {
        var living = SupervisorTakeover.Begin(journal, _children, _listeners, _context.Processes);
        _plan = SupervisorPlanner.Resume(journal.Plan, living, _poller.Now);
        BeginProbes();
    }

    private void Resume(TakenHandover taken)
    {
        _listeners.Take(taken.Handover, taken.Descriptors);
        _children.Take(taken.Handover, taken.Descriptors);
        _plan = taken.Handover.Plan;
        BeginProbes();
    }

    private void BeginProbes()
    {
        foreach (var generation in _plan.Generations.Where(old => old.Phase == GenerationPhase.Starting))
        {
            if (_children.Find(generation.Number) is { IsLaunching: true } child)
            {
                child.Executed = () => BeginProbe(generation.Number);
            }
            else
            {
                BeginProbe(generation.Number);
            }
        }
    }
}
