using System.ComponentModel;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Cgroups;
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
    private readonly OutputLog? _log;
    private readonly SupervisorStore _store;
    private readonly ControlServer? _server;
    private readonly ChildContext _context;
    private readonly ChildSet _children;
    private readonly ReadinessWatch _readiness;
    private readonly LivenessWatch _liveness;
    private readonly SupervisorUpgrade _upgrade;
    private readonly UpgradeFront _front;
    private readonly TakenHandover? _taken;
    private readonly Queue<SupervisorEvent> _events = new();
    private readonly List<Action> _effects = [];
    private IDisposable? _alarm;
    private string? _refusal;
    private bool _isWorking;

    /// <param name="folder">Where its state, its log and its socket are; null: it has none of them.</param>
    /// <param name="poller">Where it waits.</param>
    /// <param name="jitter">For the pauses between starts.</param>
    /// <param name="front">How an upgrade calls the next program.</param>
    /// <param name="taken">What another program of this process has handed over; null: there was none.</param>
    public SupervisorLoop(
        string? folder, Poller poller, Random jitter, UpgradeFront front, TakenHandover? taken = null)
    {
        (_poller, _planner, _front, _taken) = (poller, new SupervisorPlanner(jitter), front, taken);
        _store = new SupervisorStore(folder, poller);
        Complain = _store.Complain;
        _log = folder is null ? null : new OutputLog(folder, TimeProvider.System);
        _context = new ChildContext(poller, _log, new ProcessTable(), OnEnded, OnNotice)
        {
            Groups = folder is null ? null : CgroupName.Of(folder),
        };
        _children = new ChildSet(_context);
        _readiness = new ReadinessWatch(_context, _children, Listeners);
        _liveness = new LivenessWatch(_context, _children, _readiness);
        _upgrade = new SupervisorUpgrade(front, poller, HandOver, OnUpgradeChanged);
        if (taken is not null)
        {
            Resume(taken);
        }
        else if (folder is not null)
        {
            var journal = _store.Load(folder);
            if (journal is not null)
            {
                Resume(journal);
            }

            _children.SweepGroups(hasJournal: journal is not null);
        }

        if (folder is not null)
        {
            _server = new ControlServer(folder, poller, Answer, taken?.Find(taken.Handover.Control));
        }

        Work();
    }

    public SupervisorPlan Plan { get; private set; } = SupervisorPlan.Empty;

    public ListenerSet Listeners { get; } = new();

    /// <summary>Sockets that stay open whether or not a generation wants them.</summary>
    public IReadOnlyList<ListenSpec> Pinned { get; set; } = [];

    /// <summary>The lock of the folder, which an upgrade hands over.</summary>
    public SafeFileHandle? Lock { get; set; }

    /// <summary>Called whenever the plan has become another one and its effects have begun.</summary>
    public Action<SupervisorPlan> Changed { get; set; } = _ => { };

    /// <summary>Called with a line for its own log.</summary>
    public Action<string> Complain { get; set; }

    private bool IsDone => Plan.IsStopping && _children.IsEmpty;

    /// <summary>Asks all generations to finish; <see cref="Run"/> returns when they have.</summary>
    public void Shutdown() => Post(new SupervisorEvent.Shutdown());

    public void Run()
    {
        if (_taken is not null)
        {
            Save(); // The program before may have had no room for it.
            _upgrade.Complete(_taken);
            if (_front.StandsAlone)
            {
                _children.EndStrangers(_taken.Handover.Keeper?.Pid ?? 0);
            }
        }

        var failures = 0;
        while (!IsDone)
        {
            try
            {
                _poller.RunOnce();
                failures = 0;
            }
            catch (Exception e) when (
                e is Win32Exception or IOException or UnauthorizedAccessException && failures++ < MostFailures)
            {
                // One descriptor's trouble must not end what runs; what persists is left to a successor.
                Complain(e.ToString());
            }
        }
    }

    public void Dispose()
    {
        _upgrade.Dispose();
        _log?.Dispose();
        Listeners.KeepOnly([]);
        _server?.Dispose(); // Its end is what the client of a shutdown waits for.
        Lock?.Dispose();
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
            case SupervisorVerb.Upgrade when !Plan.IsStopping:
                _refusal = Upgrade(request.Program) is { } why ? $"program: {why}" : null;
                break;
            case SupervisorVerb.State or SupervisorVerb.Watch:
                break;
            default:
                _refusal = $"verb: {request.Verb} is unknown, lacks its spec, or comes too late.";
                break;
        }

        return _refusal is { } refusal ? new SupervisorReply(Refusal: refusal) : new SupervisorReply(State());
    }

    /// <summary>Signals the process of a generation and nobody else.</summary>
    public void Signal(int number, int signal) => Try(() => _children.Find(number)?.Stop(signal));

    /// <summary>Begins to exchange this process's program for another.</summary>
    /// <returns>Why not; null: it is under way.</returns>
    public string? Upgrade(string? program) => _upgrade.Begin(program);

    public void Post(SupervisorEvent happened)
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
        var before = Plan;
        while (_events.TryDequeue(out var happened))
        {
            var step = _planner.Apply(Plan, happened, _poller.Now);
            Plan = step.Plan;
            _refusal ??= step.Refusal;
            foreach (var action in step.Actions)
            {
                Act(action);
            }
        }

        _isWorking = false;
        if (!ReferenceEquals(before, Plan))
        {
            Save();
        }

        var effects = _effects.ToList();
        _effects.Clear();
        effects.ForEach(Try);
        Settle(before);
    }

    /// <summary>What one process refuses, such as a signal to another user's, keeps the rest from nothing.</summary>
    private void Try(Action effect)
    {
        try
        {
            effect();
        }
        catch (Win32Exception e)
        {
            Complain(e.Message);
        }
    }

    /// <summary>What follows from the plan, whatever led to it.</summary>
    private void Settle(SupervisorPlan before)
    {
        Listeners.KeepOnly(
            Plan.Generations.Where(generation => generation.WantsSockets)
                .SelectMany(generation => generation.Spec.Server.Listen)
                .Concat(Pinned));
        _readiness.KeepOnly(number => Plan.Find(number)?.Phase == GenerationPhase.Starting);
        _liveness.Follow(Plan, NewsOf);
        _children.KeepOutputs(ticket => Plan.Find(ticket) is not null);
        _log?.Keep(Plan.Generations.MaxBy(generation => generation.Number)?.Spec.Server.Log);
        _alarm?.Dispose();
        _alarm = Plan.NextDeadline is { } deadline
            ? _poller.After(deadline - _poller.Now, () => Post(new SupervisorEvent.Tick()))
            : null;
        if (!ReferenceEquals(before, Plan))
        {
            _server?.Publish(State());
            Changed(Plan);
        }
    }

    private void Act(SupervisorAction action)
    {
        switch (action)
        {
            case SupervisorAction.Spawn spawn:
                Spawn(spawn.Generation);
                break;
            case SupervisorAction.Stop { Generation: var stopped, Signal: var name }:
                var signal = SignalTable.NumberOf(name ?? stopped.Spec.Server.StopSignal)!.Value;
                _effects.Add(() => _children.Find(stopped.Number)?.Stop(signal));
                break;
            case SupervisorAction.Kill { Generation: var killed }:
                _effects.Add(() => _children.Find(killed.Number)?.Kill());
                break;
        }
    }

    private void Spawn(Generation generation)
    {
        Post(_children.Spawn(generation, Listeners));
        if (_children.Find(generation.Number) is { } child)
        {
            child.Executed = () => BeginProbe(generation.Number);
            _effects.Add(child.Go);
            if (child.IsProgram)
            {
                _effects.Add(() => BeginProbe(generation.Number));
            }
        }
    }

    private void BeginProbe(int number)
    {
        if (Plan.Find(number) is { Phase: GenerationPhase.Starting } generation
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
        Plan = _planner.Apply(Plan, new SupervisorEvent.Noted(number, detail), _poller.Now).Plan;

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
        if (message.IsReady && Plan.Find(number)?.Spec.Server.Readiness.Kind == ReadinessKind.Notify)
        {
            Post(new SupervisorEvent.BecameReady(number));
        }
    }

    private LivenessNews NewsOf(Generation generation) => new(
        (end, detail) => Post(new SupervisorEvent.Failing(generation.Number, end, detail)),
        () => Post(new SupervisorEvent.Recovered(generation.Number)));

    private void OnEnded(int number, GenerationEnd end, string detail)
    {
        var child = _children.Find(number);
        _children.Retire(number, Plan.Find(number)?.Ticket);
        Post(new SupervisorEvent.Ended(number, end, detail)
        {
            WaitStatus = child?.WaitStatus ?? 0,
            Output = child?.Tail.ToString() ?? "",
        });
    }

    private SupervisorState State() =>
        SupervisorState.Of(Plan, Listeners, _children) with { Upgrade = _upgrade.State };

    private void OnUpgradeChanged()
    {
        Complain(_upgrade.State.ToString());
        _server?.Publish(State());
    }

    private Handover HandOver(HandoverDescriptors descriptors)
    {
        if (_log?.Flush() == false)
        {
            throw new IOException("The programs' output could not be written within a second.");
        }

        var handover = new Handover(Handover.CurrentFormat, BuildInfo.Version, Plan)
        {
            Origin = _poller.Origin,
            Pinned = Pinned,
            Lock = Lock is null ? null : descriptors.Add(Lock),
            Control = _server is null ? null : descriptors.Add(_server.Listener),
        };
        handover = Listeners.HandOver(_children.HandOver(handover, descriptors), descriptors);
        return _front.HandOver(handover, descriptors);
    }

    private void Save() =>
        _store.Save(new SupervisorJournal(ProcessTable.BootId, Plan, Listeners.Journal, _children.Journal));

    private void Resume(SupervisorJournal journal)
    {
        var living = SupervisorTakeover.Begin(journal, _children, Listeners, _context.Processes);
        Plan = SupervisorPlanner.Resume(journal.Plan, living, _poller.Now);
        BeginProbes();
    }

    private void Resume(TakenHandover taken)
    {
        Lock = taken.Find(taken.Handover.Lock);
        Listeners.Take(taken.Handover, taken.Descriptors);
        _children.Take(taken.Handover, taken.Descriptors);
        Plan = taken.Handover.Plan;
        Pinned = taken.Handover.Pinned;
        BeginProbes();
    }

    private void BeginProbes()
    {
        foreach (var generation in Plan.Generations.Where(old => old.Phase == GenerationPhase.Starting))
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
