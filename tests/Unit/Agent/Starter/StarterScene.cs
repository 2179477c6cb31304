using Microsoft.Extensions.Time.Testing;
using Slipway.Agent.Deployments;
using Slipway.Agent.Starter;
using Slipway.Agent.Supervisor;

namespace Tests.Unit.Agent.Starter;

/// <summary>
/// Both planners, as the loop drives them, with a clock that the test moves and processes that are numbers.
/// </summary>
internal sealed class StarterScene
{
    private readonly FakeTimeProvider _time = new();
    private readonly SupervisorPlanner _core = new(new Random(1));
    private readonly StarterPlanner _planner;
    private readonly StarterRules _rules;
    private readonly Queue<StarterEvent> _events = new();
    private readonly Dictionary<int, DateTimeOffset> _readyAt = [];
    private bool _isWorking;

    public StarterScene(TimeSpan interval)
    {
        _rules = new StarterRules(interval, "TERM", "QUIT", "prog");
        _planner = new StarterPlanner(_rules);
    }

    public StarterSettings Settings { get; set; } = new(TimeSpan.Zero, AutoRestart: null);

    public StarterState State { get; private set; } = new();

    public SupervisorPlan Plan { get; private set; } = SupervisorPlan.Empty;

    public List<string> Lines { get; } = [];

    public List<(int Number, string Signal)> Signals { get; } = [];

    /// <summary>What the planner was never told to do: make a process.</summary>
    public bool CannotExecute { get; set; }

    public DateTimeOffset Now => _time.GetUtcNow();

    public IEnumerable<Generation> Living => Plan.Generations.Where(worker => worker.Pid > 0);

    /// <summary>Those that have proved themselves and were not told to go.</summary>
    public IEnumerable<Generation> Serving =>
        Living.Where(worker => worker.Phase is GenerationPhase.Current or GenerationPhase.Ready);

    public void Handle(StarterEvent happened)
    {
        _events.Enqueue(happened);
        if (_isWorking)
        {
            return;
        }

        _isWorking = true;
        while (_events.TryDequeue(out var next))
        {
            (State, var actions) = _planner.Apply(State, next, View());
            foreach (var action in actions)
            {
                Act(action);
            }
        }

        _isWorking = false;
    }

    public void Look() => Handle(new StarterEvent.Look());

    public void HangUp() => Handle(new StarterEvent.HangUp());

    public void Terminate(string signal = "TERM") => Handle(new StarterEvent.Terminate(signal));

    public void Die(int number, int status = 0) => Post(
        new SupervisorEvent.Ended(number, GenerationEnd.Exited, "") { WaitStatus = status });

    /// <summary>Moves the clock and does, at their times, what is due on the way.</summary>
    public void Pass(TimeSpan time)
    {
        var end = Now + time;
        while (NextTime() is { } next && next <= end)
        {
            if (next > Now)
            {
                _time.SetUtcNow(next);
            }

            foreach (var (number, _) in _readyAt.Where(ready => ready.Value <= Now).ToList())
            {
                _readyAt.Remove(number);
                Post(new SupervisorEvent.BecameReady(number));
            }

            Look();
        }

        _time.SetUtcNow(end);
    }

    private StarterView View() => new(Plan, Settings, Now);

    private DateTimeOffset? NextTime()
    {
        var times = _readyAt.Values.Cast<DateTimeOffset?>().Append(StarterPlanner.NextLook(State, View()));
        return times.Min();
    }

    private void Act(StarterAction action)
    {
        switch (action)
        {
            case StarterAction.Say { Line: var line }:
                Lines.Add(line);
                break;
            case StarterAction.Start { Ticket: var ticket }:
                Post(new SupervisorEvent.Start(ticket, Spec()));
                break;
            case StarterAction.Promote { Ticket: var ticket }:
                Post(new SupervisorEvent.Promote(ticket));
                break;
            case StarterAction.Remind { Number: var number, Signal: var signal }:
                Signals.Add((number, signal));
                break;
            case StarterAction.Shutdown { Signal: var signal }:
                Post(new SupervisorEvent.Shutdown(signal));
                break;
        }
    }

    private void Post(SupervisorEvent happened)
    {
        var step = _core.Apply(Plan, happened, Now);
        Plan = step.Plan;
        foreach (var action in step.Actions)
        {
            switch (action)
            {
                case SupervisorAction.Spawn { Generation: var generation } when CannotExecute:
                    Post(new SupervisorEvent.NotSpawned(generation.Number, GenerationEnd.ExecFailed, "gone"));
                    break;
                case SupervisorAction.Spawn { Generation: var generation }:
                    _readyAt[generation.Number] = Now + _rules.Interval;
                    Post(new SupervisorEvent.Spawned(generation.Number, 1000 + generation.Number));
                    break;
                case SupervisorAction.Stop { Generation: var generation, Signal: var signal }:
                    Signals.Add((generation.Number, signal ?? "TERM"));
                    break;
            }
        }

        Look();
    }

    private static GenerationSpec Spec() => new(
        "",
        "/",
        new Dictionary<string, string>(),
        new ServerSpec
        {
            Command = ["prog"],
            Readiness = new ReadinessSpec(ReadinessKind.Alive),
            StartTimeout = Timeout.InfiniteTimeSpan,
            StopGrace = Timeout.InfiniteTimeSpan,
        })
    {
        Worker = new WorkerSpec(Folder: null, [], OffersListenFds: false),
    };
}
