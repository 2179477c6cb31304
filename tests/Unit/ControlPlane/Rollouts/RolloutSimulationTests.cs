using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Rollouts;
using static Tests.Unit.ControlPlane.Rollouts.RolloutKit;

namespace Tests.Unit.ControlPlane.Rollouts;

/// <summary>Fleets that crash, flap, repeat themselves and vanish, against every promise of the planner.</summary>
public class RolloutSimulationTests(ITestOutputHelper output)
{
    private const int Fleets = 6000;
    private const int StepsPerFleet = 60;

    [Fact]
    public void No_fleet_breaks_a_promise()
    {
        var steps = 0;
        var ends = new Dictionary<RolloutState, int>();
        for (var seed = 1; seed <= Fleets; seed++)
        {
            var fleet = new SimulatedFleet(seed);
            try
            {
                steps += fleet.Live(StepsPerFleet);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}, step {fleet.Steps}: {exception.Message}", exception);
            }

            ends[fleet.Rollout.State] = ends.GetValueOrDefault(fleet.Rollout.State) + 1;
        }

        output.WriteLine($"{steps} steps; {string.Join(", ", ends)}");
        Assert.True(steps >= 200_000, $"{steps} steps only");
        Assert.Equal(
            [RolloutState.Succeeded, RolloutState.Aborted, RolloutState.Failed, RolloutState.Superseded],
            ends.Keys.Order());
    }
}

internal sealed class SimulatedFleet
{
    private static readonly Dictionary<RolloutState, RolloutState[]> Allowed = new()
    {
        [RolloutState.Pending] = [RolloutState.Running, RolloutState.Verifying],
        [RolloutState.Running] = [RolloutState.Verifying, RolloutState.Aborting],
        [RolloutState.Verifying] = [RolloutState.Aborting],
        [RolloutState.Aborting] = [],
    };

    private readonly Random _random;
    private readonly SimulatedAgent[] _agents;
    private readonly HashSet<Guid> _assigned = [];
    private readonly double _failure;
    private readonly List<TargetSighting> _old = [];
    private DateTimeOffset _now = Start;

    public SimulatedFleet(int seed)
    {
        _random = new Random(seed);
        _agents = [.. Enumerable.Range(1, _random.Next(1, 13)).Select(_ => new SimulatedAgent())];
        _failure = _random.Next(3) == 0 ? 0.3 : 0.01;
        var plan = new RolloutPlan(
            _random.Next(1, 5),
            _random.Next(1, 5),
            _random.Next(2) * TimeSpan.FromSeconds(_random.Next(120)),
            TimeSpan.FromSeconds(_random.Next(30, 900)),
            _random.Next(3) == 0 ? _random.Next(4) : 0);
        Rollout = Of(_agents.Length, plan);
        Rollout = Rollout with
        {
            Targets = [.. Rollout.Targets.Select(target =>
                target with { PreviousVersion = _random.Next(5) == 0 ? "" : "1.0.0" })],
        };
    }

    public Rollout Rollout { get; private set; }

    public int Steps { get; private set; }

    public int Live(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            _now += TimeSpan.FromMilliseconds(_random.Next(20_000));
            Disturb();
            Take(Choose());
        }

        // Silence: nothing but the timers, and they must bring it to its end.
        var patience = (_agents.Length + 2) * (Rollout.Plan.ProgressDeadline + Rollout.Plan.Bake) * 2;
        var begun = _now;
        while (!Rollout.IsEnded)
        {
            _now = Rollout.NextTimerAt!.Value > _now ? Rollout.NextTimerAt.Value : _now;
            Take(RolloutEvent.Looked.AtTheClock);
            Require(_now - begun <= patience, "it did not end in bounded time");
            Require(Steps < steps + (_agents.Length * 10) + 20, "it did not end in a bounded number of steps");
        }

        return Steps;
    }

    private void Disturb()
    {
        for (var i = 0; i < _agents.Length; i++)
        {
            var agent = _agents[i];
            agent.IsOnline = _random.NextDouble() < (agent.IsOnline ? 0.98 : 0.2);
            agent.IsHealthy = _random.NextDouble() < (agent.IsHealthy ? 0.98 : 0.2);
            agent.IsGone |= _random.NextDouble() < 0.0005;
            if (agent.IsOnline && agent.Phase.IsUnderWay && _random.Next(2) == 0)
            {
                agent.Phase = _random.NextDouble() < _failure ? DeploymentPhase.Failed : agent.Phase + 1;
                agent.IsHealthy |= agent.Phase == DeploymentPhase.Committed;
            }

            if (agent.IsOnline && agent.RevertPhase.IsUnderWay && _random.Next(2) == 0)
            {
                agent.RevertPhase++;
            }
        }
    }

    private RolloutEvent Choose()
    {
        switch (_random.Next(1000))
        {
            case 0:
                return new RolloutEvent.Aborted("somebody", "");
            case 1:
                return new RolloutEvent.Superseded("another");
        }

        var seen = _agents.Select((agent, i) => agent.Seen(Web(i + 1))).Where(_ => _random.Next(4) > 0).ToList();
        if (_random.Next(4) == 0 && _old.Count > 0)
        {
            // Late, repeated and out of order.
            seen.InsertRange(_random.Next(seen.Count + 1), _random.GetItems(_old.ToArray(), 3));
        }

        _old.AddRange(seen);
        return new RolloutEvent.Looked(seen);
    }

    private void Take(RolloutEvent happened)
    {
        Steps++;
        var before = Rollout;
        var step = RolloutPlanner.Decide(before, happened, _now);
        Rollout = step.Rollout;
        Check(before, step);
        foreach (var action in step.Actions)
        {
            var index = Array.FindIndex([.. before.Targets], target => target.AgentId == action.AgentId);
            switch (action)
            {
                case RolloutAction.Assign:
                    Require(_assigned.Add(action.AgentId), "an agent was assigned twice");
                    _agents[index].Phase = DeploymentPhase.Assigned;
                    break;
                case RolloutAction.Revert:
                    _agents[index].RevertPhase = DeploymentPhase.Assigned;
                    break;
            }
        }
    }

    private void Check(Rollout before, RolloutStep step)
    {
        var after = step.Rollout;
        if (before.IsEnded)
        {
            var isRefused = step is { Refusal: RolloutRefusal.Ended, Actions.Count: 0 };
            Require(isRefused && after == before, "the end was not one");
            return;
        }

        Require(
            after.IsEnded || after.State == before.State || Allowed[before.State].Contains(after.State),
            $"{before.State} became {after.State}");
        Require(after.IsEnded == (after.NextTimerAt is null), "a state without a timer, or an end with one");
        Require(after.IsEnded == (after.WaitingFor.Length == 0), "it waits for nothing, or has ended and waits");
        Require(after.IsEnded == (after.Outcome.Length > 0), "an end without an outcome");
        Require(after.Targets.Count(target => target.Phase.IsUnderWay) <= after.Plan.BatchSize, "a batch is too large");
        foreach (var (old, current) in before.Targets.Zip(after.Targets))
        {
            var isForward = old.Phase.IsEnd ? old.Phase == current.Phase : current.Phase >= old.Phase;
            Require(isForward, $"{old.Phase} became {current.Phase}");
            Require(!after.IsEnded || current.Phase.IsEnd, "a target outlived its rollout");
        }

        CheckBudget(step);
        CheckBatches(before, after);
        CheckEnd(step);
    }

    private static void CheckBudget(RolloutStep step)
    {
        var present = step.Rollout.Targets.Where(target => !target.IsGone).ToList();
        var assigned = step.Actions.OfType<RolloutAction.Assign>().Select(assign => assign.AgentId).ToHashSet();
        Require(
            assigned.Count == 0 || step.Rollout.State is RolloutState.Running,
            $"an agent was assigned while {step.Rollout.State}");
        var touched = present.Where(target => assigned.Contains(target.AgentId)).ToList();
        Require(touched.TrueForAll(target => target.IsOnline), "an offline agent was assigned");
        if (touched.Exists(target => target.IsHealthy))
        {
            var unavailable = present.Count(target => !target.IsOnline || !target.IsHealthy || target.Phase.IsUnderWay);
            Require(unavailable <= step.Rollout.Plan.MaxUnavailable, $"{unavailable} were made unavailable");
            Require(
                !present.Exists(target =>
                    target is { Phase: DeploymentPhase.Waiting, IsOnline: true, IsHealthy: false }),
                "a sick agent was passed over");
        }
    }

    private static void CheckBatches(Rollout before, Rollout after)
    {
        if (after.CurrentBatch <= before.CurrentBatch || before.CurrentBatch == 0)
        {
            return;
        }

        Require(after.CurrentBatch == before.CurrentBatch + 1, "a batch was left out");
        var done = after.Targets.Where(target => !target.IsGone && target.Phase == DeploymentPhase.Committed).ToList();
        Require(done.TrueForAll(target => target.IsAvailable), "a batch began while the one before was sick");
        Require(
            after.Plan.Bake == TimeSpan.Zero || before.BakeSince + after.Plan.Bake <= after.ProgressAt,
            "a batch began before the bake ended");
    }

    private static void CheckEnd(RolloutStep step)
    {
        var after = step.Rollout;
        var hasSucceeded = after.State == RolloutState.Succeeded;
        Require(step.Actions.OfType<RolloutAction.Promote>().Any() == hasSucceeded, "promoted without success, or not");
        if (hasSucceeded)
        {
            var present = after.Targets.Where(target => !target.IsGone).ToList();
            var counted = present.Where(
                target => target.Phase is not DeploymentPhase.Skipped && !target.Phase.IsFailure);
            Require(
                counted.All(target => target.Phase == DeploymentPhase.Committed && target.IsAvailable),
                "success without every agent");
            Require(present.Exists(target => target.Phase == DeploymentPhase.Committed), "success of nobody");
            var failures = after.Targets.Count(target => target.Phase.IsFailure);
            Require(failures <= after.Plan.MaxFailures, "too many failures");
        }
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvalidOperationException(message);
        }
    }
}

internal sealed class SimulatedAgent
{
    public bool IsOnline { get; set; } = true;

    public bool IsHealthy { get; set; } = true;

    public bool IsGone { get; set; }

    public DeploymentPhase Phase { get; set; }

    public DeploymentPhase RevertPhase { get; set; }

    public TargetSighting Seen(Guid id) => new(id)
    {
        IsOnline = IsOnline,
        IsHealthy = IsHealthy,
        IsGone = IsGone,
        Phase = Phase,
        RevertPhase = RevertPhase,
    };
}
