using System.ComponentModel;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Probes;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// Does what the planner says and tells it what happened. Everything is on one thread: an event is planned, the plan
/// is written to disk, and only then do its effects begin.
/// </summary>
internal sealed class SupervisorLoop : IDisposable
{
    private const int MostFailures = 100;

    private readonly string _folder;
    private readonly Poller _poller;
    private readonly SupervisorPlanner _planner;
    private readonly OutputLog _log;
    private readonly ListenerSet _listeners = new();
    private readonly ControlServer _server;
    private readonly ChildContext _context;
    private readonly Dictionary<int, ChildProcess> _children = [];
    private readonly Dictionary<int, ChildProcess> _remnants = [];
    private readonly Dictionary<int, IDisposable> _probes = [];
    private readonly Dictionary<string, string> _outputs = [];
    private readonly Queue<SupervisorEvent> _events = new();
    private readonly List<Action> _effects = [];
    private SupervisorPlan _plan = SupervisorPlan.Empty;
    private IDisposable? _alarm;
    private string? _refusal;
    private bool _isWorking;

    public SupervisorLoop(string folder, Poller poller, Random jitter)
    {
        (_folder, _poller, _planner) = (folder, poller, new SupervisorPlanner(jitter));
        _log = new OutputLog(folder);
        _context = new ChildContext(poller, _log, OnEnded, OnNotice);
        if (SupervisorJournal.Read(folder) is { } journal)
        {
            Resume(journal);
        }

        _server = new ControlServer(folder, poller, Answer);
        Work();
    }

    private bool IsDone => _plan.IsStopping && _children.Count == 0 && _remnants.Count == 0;

    /// <summary>Asks all generations to finish; <see cref="Run"/> returns when they have.</summary>
    public void Shutdown() => Post(new SupervisorEvent.Shutdown());

    public void Run()
    {
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
                Console.Error.WriteLine($"{_poller.Now:O} {e}");
            }
        }
    }

    public void Dispose()
    {
        _log.Dispose();
        _listeners.KeepOnly([]);
        _server.Dispose(); // Last: its end is what the client of a shutdown waits for.
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
            case SupervisorVerb.State or SupervisorVerb.Watch:
                break;
            default:
                _refusal = $"verb: {request.Verb} is unknown or lacks its spec.";
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
        foreach (var number in _probes.Keys.Where(
            number => _plan.Find(number)?.Phase != GenerationPhase.Starting).ToList())
        {
            _probes.Remove(number, out var probe);
            probe!.Dispose();
        }

        foreach (var ticket in _outputs.Keys.Where(ticket => _plan.Find(ticket) is null).ToList())
        {
            _outputs.Remove(ticket);
        }

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
                _effects.Add(() => _children.GetValueOrDefault(stopped.Number)?.Stop(signal));
                break;
            case SupervisorAction.Kill { Generation: var killed }:
                _effects.Add(() => _children.GetValueOrDefault(killed.Number)?.Kill());
                break;
        }
    }

    private void Spawn(Generation generation)
    {
        try
        {
            _listeners.Open(generation.Spec.Server.Listen);
        }
        catch (Win32Exception e)
        {
            Post(new SupervisorEvent.NotSpawned(generation.Number, GenerationEnd.AddressInUse, e.Message));
            return;
        }

        try
        {
            if (_children.Count == 0 && _remnants.Count == 0)
            {
                _listeners.MakeBlocking();
            }

            var child = Own(generation.Number, ChildLauncher.Launch(generation, _listeners));
            child.Executed = () => BeginProbe(generation.Number);
            Post(new SupervisorEvent.Spawned(generation.Number, child.Pid));
            _effects.Add(child.Go);
        }
        catch (Win32Exception e)
        {
            Post(new SupervisorEvent.NotSpawned(generation.Number, GenerationEnd.ExecFailed, e.Message));
        }
    }

    private ChildProcess Own(int number, ChildParts parts)
    {
        var child = new ChildProcess(_context, parts) { Vanished = () => _remnants.Remove(number) };
        _children.Add(number, child);
        return child;
    }

    private void BeginProbe(int number)
    {
        if (_plan.Find(number) is not { Phase: GenerationPhase.Starting } generation
            || !_children.TryGetValue(number, out var child))
        {
            return;
        }

        var server = generation.Spec.Server;
        var target = SpecCheck.ListenOf(server) is { } listen
            ? new ProbeTarget(
                ListenAddress.Reach(_listeners.AddressOf(listen)),
                server.Readiness,
                () => _children.Count + _remnants.Count > 1,
                () => ProcessTable.FamilyOf(child.Pid))
            : null;
        var probe = ReadinessWatch.Begin(
            _poller,
            generation,
            target,
            () => Post(new SupervisorEvent.BecameReady(number)),
            note => Note(number, note));
        if (probe is not null)
        {
            _probes.Add(number, probe);
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

        if (message.IsReady && _plan.Find(number)?.Spec.Server.Readiness.Kind == ReadinessKind.Notify)
        {
            Post(new SupervisorEvent.BecameReady(number));
        }
    }

    private void OnEnded(int number, GenerationEnd end, string detail)
    {
        if (_children.Remove(number, out var child))
        {
            _remnants.Add(number, child);
            if (_plan.Find(number) is { } generation)
            {
                _outputs[generation.Ticket] = child.Tail.ToString();
            }
        }

        Post(new SupervisorEvent.Ended(number, end, detail));
    }

    private SupervisorState State() => new(
        Environment.ProcessId,
        _listeners.State,
        [.. _plan.Generations.Select(generation => new GenerationState(
            generation.Ticket,
            generation.Number,
            generation.Spec.Version,
            generation.Phase,
            generation.Pid,
            generation.StartedAt,
            generation.ReadyAt,
            generation.Restarts,
            generation.End,
            generation.Detail,
            OutputOf(generation)))]);

    private string OutputOf(Generation generation) =>
        _children.TryGetValue(generation.Number, out var child) ? child.Tail.ToString()
        : generation.Phase == GenerationPhase.Ended ? ""
        : _outputs.GetValueOrDefault(generation.Ticket, "");

    private void Save()
    {
        var processes = _children.Values.Select(child => child.Journal).ToList();
        try
        {
            new SupervisorJournal(ProcessTable.BootId, _plan, _listeners.Journal, processes).Write(_folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk must not end what runs. The next change writes everything again.
            Console.Error.WriteLine($"{_poller.Now:O} The state could not be written: {e.Message}");
        }
    }

    private void Resume(SupervisorJournal journal)
    {
        var living = new HashSet<int>();
        if (journal.BootId == ProcessTable.BootId)
        {
            foreach (var process in journal.Processes)
            {
                if (journal.Plan.Find(process.Number) is { } generation
                    && ChildLauncher.Find(generation, process) is { } parts)
                {
                    Own(process.Number, parts);
                    living.Add(process.Number);
                }
            }

            if (!TakeSockets(journal.Listeners))
            {
                // Not allowed by the host: what lives must go before its addresses can be bound anew.
                living.Clear();
                Abandon();
            }
        }

        _plan = SupervisorPlanner.Resume(journal.Plan, living, _poller.Now);
        foreach (var generation in _plan.Generations.Where(old => old.Phase == GenerationPhase.Starting))
        {
            BeginProbe(generation.Number);
        }
    }

    private void Abandon()
    {
        foreach (var (number, child) in _children)
        {
            _remnants.Add(number, child);
            child.Abandon();
        }

        _children.Clear();
    }

    /// <summary>Finds the sockets among the descriptors of those who still live; false: not all.</summary>
    private bool TakeSockets(IReadOnlyList<JournaledListener> listeners)
    {
        var wanted = listeners.ToDictionary(listener => listener.Inode);
        foreach (var pid in _children.Values.SelectMany(child => ProcessTable.FamilyOf(child.Pid)))
        {
            foreach (var (descriptor, inode) in ProcessTable.SocketsOf(pid))
            {
                if (wanted.Remove(inode, out var listener))
                {
                    using var process = Libc.OpenProcess(pid);
                    if (process is not null && Libc.TakeDescriptor(process, descriptor) is { } socket)
                    {
                        _listeners.Add(listener.Key, listener.Name, socket);
                    }
                }
            }
        }

        return wanted.Count == 0 || _children.Count == 0;
    }
}
