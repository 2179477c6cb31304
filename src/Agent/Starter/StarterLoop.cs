using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Starter;

/// <summary>Does what the planner says by way of a supervisor's loop, and tells it what became of it.</summary>
internal sealed class StarterLoop
{
    private readonly Poller _poller;
    private readonly SupervisorLoop _loop;
    private readonly StarterOptions _options;
    private readonly StarterSockets _sockets;
    private readonly StarterParts _parts;
    private readonly StarterPlanner _planner;
    private readonly Queue<StarterEvent> _events = new();
    private StarterSettings _settings;
    private IDisposable? _alarm;
    private bool _isWorking;

    public StarterLoop(
        Poller poller, SupervisorLoop loop, StarterOptions options, StarterSockets sockets, StarterParts parts)
    {
        (_poller, _loop, _options, _sockets, _parts) = (poller, loop, options, sockets, parts);
        _planner = new StarterPlanner(
            new StarterRules(options.Interval, options.SignalOnHup, options.SignalOnTerm, options.Command[0]));
        _settings = StarterEnvironment.SettingsOf(parts.Environment.Read());
        loop.Pinned = sockets.Listen;
        loop.Changed = _ => Handle(new StarterEvent.Look());
    }

    /// <summary>What the planner remembers.</summary>
    public StarterState State { get; set; } = new();

    /// <summary>Returns when the end was asked for and the last worker has ended.</summary>
    public void Run()
    {
        Handle(new StarterEvent.Look());
        _loop.Run();
        _parts.Output.Say("exiting");
    }

    public void Handle(StarterEvent happened)
    {
        _events.Enqueue(happened);
        if (_isWorking)
        {
            return;
        }

        _isWorking = true;
        try
        {
            _settings = StarterEnvironment.SettingsOf(_parts.Environment.Read());
            while (_events.TryDequeue(out var next))
            {
                (State, var actions) = _planner.Apply(State, next, View());
                foreach (var action in actions)
                {
                    Act(action);
                }
            }
        }
        finally
        {
            _isWorking = false;
            _alarm?.Dispose();
            _alarm = StarterPlanner.NextLook(State, View()) is { } due
                ? _poller.After(due - _poller.Now, () => Handle(new StarterEvent.Look()))
                : null;
        }
    }

    private StarterView View() => new(_loop.Plan, _settings, _poller.Now);

    private void Act(StarterAction action)
    {
        switch (action)
        {
            case StarterAction.Say { Line: var line }:
                _parts.Output.Say(line);
                break;
            case StarterAction.Start { Ticket: var ticket }:
                _loop.Post(new SupervisorEvent.Start(ticket, Spec()));
                break;
            case StarterAction.Promote { Ticket: var ticket }:
                _loop.Post(new SupervisorEvent.Promote(ticket));
                break;
            case StarterAction.Remind { Number: var number, Signal: var name }:
                _loop.Signal(number, SignalTable.NumberOf(name)!.Value);
                break;
            case StarterAction.Shutdown { Signal: var signal }:
                _loop.Post(new SupervisorEvent.Shutdown(signal));
                break;
            case StarterAction.WriteStatus { Workers: var workers }:
                WriteStatus(workers);
                break;
            case StarterAction.Report { Failure: var failure }:
                _parts.Report.Send(failure);
                break;
        }
    }

    private void WriteStatus(IReadOnlyList<StatusLine> workers)
    {
        try
        {
            _parts.Status?.Write(workers);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _parts.Output.Say($"failed to write {_options.StatusFile}: {e.Message}");
        }
    }

    /// <summary>Made anew for each worker: the envdir may have changed.</summary>
    private GenerationSpec Spec()
    {
        var variables = _parts.Environment.Read();
        if (_loop.Plan.LastNumber > 0)
        {
            StarterEnvironment.FillIn(variables);
        }

        var server = new ServerSpec
        {
            Command = _options.Command,
            Listen = _sockets.Listen,
            Readiness = Readiness(),
            StartTimeout = _options.Ready == StarterReadiness.Interval
                ? Timeout.InfiniteTimeSpan
                : _options.ReadyTimeout,
            StopGrace = _options.KillTimeout ?? Timeout.InfiniteTimeSpan,
            StopSignal = _options.SignalOnHup,
        };
        return new GenerationSpec("", "/", variables, server)
        {
            Worker = new WorkerSpec(_options.Folder, _sockets.Workers, _options.OffersListenFds),
        };
    }

    private ReadinessSpec Readiness() => _options.Ready switch
    {
        StarterReadiness.Notify => new ReadinessSpec(ReadinessKind.Notify),
        StarterReadiness.Tcp => new ReadinessSpec(ReadinessKind.Tcp),
        _ => new ReadinessSpec(ReadinessKind.Alive) { AliveFor = _options.Interval },
    };
}

/// <summary>What the loop reads and writes beside workers.</summary>
internal sealed record StarterParts(
    StarterOutput Output, StarterEnvironment Environment, StatusFile? Status, StarterReport Report);
