using Slipway.Agent.Deployments;
using Slipway.Agent.Supervisor;

namespace Tests.Unit.Agent.Supervisor;

public class ReplacementTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static readonly GenerationSpec Spec = PlannedProgram.Spec;

    private readonly SupervisorPlanner _planner = new(new Random(1));
    private readonly List<SupervisorAction> _actions = [];
    private SupervisorPlan _plan = SupervisorPlan.Empty;
    private DateTimeOffset _now = Start;

    [Fact]
    public void A_current_generation_that_fails_its_liveness_gets_a_fresh_one_beside_it()
    {
        Deploy("a");

        Fail("a");
        Pass(Second);

        var old = _plan.Find("a")!;
        var fresh = _plan.Find("a.r1")!;
        Assert.Equal((GenerationPhase.Current, true), (old.Phase, old.IsUnhealthy));
        Assert.Equal((GenerationPhase.Starting, 1), (fresh.Phase, fresh.Restarts));
        Assert.DoesNotContain(_actions, action => action is SupervisorAction.Stop or SupervisorAction.Kill);
    }

    [Fact]
    public void The_old_one_goes_when_the_fresh_one_is_ready()
    {
        Deploy("a");
        Fail("a");
        Pass(Second);

        Tell(new SupervisorEvent.BecameReady(_plan.Find("a.r1")!.Number));

        Assert.Equal("a.r1", _plan.Current!.Ticket);
        Assert.Equal(GenerationPhase.Draining, _plan.Find("a")!.Phase);
        Assert.Null(_plan.Current.Replaces);
    }

    [Fact]
    public void A_replacement_of_a_replacement_has_the_next_number()
    {
        Deploy("a");
        Fail("a");
        Pass(Second);
        Tell(new SupervisorEvent.BecameReady(_plan.Find("a.r1")!.Number));

        Fail("a.r1");
        Pass(Second);

        Assert.Equal(GenerationPhase.Starting, _plan.Find("a.r2")!.Phase);
    }

    [Fact]
    public void A_fresh_one_that_does_not_become_ready_leaves_the_old_one_and_is_tried_again_ever_later()
    {
        Deploy("a");
        Pass(TimeSpan.FromHours(1));
        Fail("a");
        var pauses = new List<TimeSpan>();
        for (var i = 1; i <= 12; i++)
        {
            pauses.Add(_plan.NextDeadline!.Value - _now);
            Pass(pauses[^1]);
            var fresh = _plan.Find($"a.r{i}")!;
            Assert.Equal(GenerationPhase.Starting, fresh.Phase);
            Tell(new SupervisorEvent.Ended(fresh.Number, GenerationEnd.Exited, "Exited with code 3."));
        }

        var old = _plan.Current!;
        Assert.Equal(("a", true), (old.Ticket, old.IsUnhealthy));
        Assert.EndsWith("A fresh one did not become ready: Exited with code 3.", old.Detail, StringComparison.Ordinal);
        Assert.InRange(pauses[0], RestartSpec.Default.Min * 0.8, RestartSpec.Default.Min * 1.2);
        Assert.InRange(pauses[^1], RestartSpec.Default.Max * 0.8, RestartSpec.Default.Max * 1.2);
    }

    [Fact]
    public void Failing_again_while_one_is_on_its_way_starts_no_other()
    {
        Deploy("a");
        Fail("a");
        Fail("a");
        Pass(Second);
        Fail("a");
        Pass(Second);

        Assert.Equal(2, _actions.Count(action => action is SupervisorAction.Spawn));
    }

    [Fact]
    public void One_that_recovers_before_is_left_alone()
    {
        Deploy("a");
        Fail("a");

        Tell(new SupervisorEvent.Recovered(1));
        Pass(Second);

        Assert.Equal((false, "", null), (
            _plan.Current!.IsUnhealthy, _plan.Current.Detail, _plan.NextDeadline));
        Assert.Single(_plan.Generations);
    }

    [Fact]
    public void A_ready_one_that_fails_its_liveness_has_failed()
    {
        Deploy("a");
        Tell(new SupervisorEvent.Start("b", Spec));
        Tell(new SupervisorEvent.BecameReady(2));

        Tell(new SupervisorEvent.Failing(2, GenerationEnd.Unhealthy, "answered 500."));

        Assert.Equal(
            (GenerationPhase.Failed, GenerationEnd.Unhealthy), (_plan.Find("b")!.Phase, _plan.Find("b")!.End));
        Assert.Equal("a", _plan.Current!.Ticket);
    }

    [Fact]
    public void A_deployment_takes_the_place_of_both()
    {
        Deploy("a");
        Fail("a");
        Tell(new SupervisorEvent.Start("b", Spec));
        Pass(Second);
        Tell(new SupervisorEvent.BecameReady(2));

        Tell(new SupervisorEvent.Promote("b"));

        Assert.Equal(GenerationPhase.Draining, _plan.Find("a")!.Phase);
        Assert.Equal(GenerationPhase.Draining, _plan.Find("a.r1")!.Phase);
    }

    [Fact]
    public void More_time_is_given_to_who_asks_for_it_and_never_less()
    {
        Tell(new SupervisorEvent.Start("a", Spec));

        Tell(new SupervisorEvent.Extended(1, TimeSpan.FromSeconds(5)));
        var notLess = _plan.NextDeadline;
        Tell(new SupervisorEvent.Extended(1, TimeSpan.FromSeconds(50)));

        Assert.Equal(Start + TimeSpan.FromSeconds(30), notLess);
        Assert.Equal(Start + TimeSpan.FromSeconds(50), _plan.NextDeadline);
    }

    [Fact]
    public void A_lost_replacement_is_tried_again_when_the_old_one_still_fails()
    {
        Deploy("a");
        Fail("a");
        Pass(Second);

        _plan = SupervisorPlanner.Resume(_plan, new HashSet<int> { 1 }, _now);
        Fail("a");
        Pass(Second);

        Assert.Equal(GenerationPhase.Starting, _plan.Find("a.r1")!.Phase);
    }

    private void Deploy(string ticket)
    {
        Tell(new SupervisorEvent.Start(ticket, Spec));
        Tell(new SupervisorEvent.BecameReady(_plan.Find(ticket)!.Number));
        Tell(new SupervisorEvent.Promote(ticket));
    }

    private void Fail(string ticket) => Tell(new SupervisorEvent.Failing(
        _plan.Find(ticket)!.Number, GenerationEnd.Unhealthy, "answered 500."));

    private void Tell(SupervisorEvent happened)
    {
        var step = _planner.Apply(_plan, happened, _now);
        _plan = step.Plan;
        _actions.AddRange(step.Actions);
        foreach (var spawn in step.Actions.OfType<SupervisorAction.Spawn>())
        {
            Tell(new SupervisorEvent.Spawned(spawn.Generation.Number, 1000 + spawn.Generation.Number));
        }
    }

    private void Pass(TimeSpan time)
    {
        _now += time;
        Tell(new SupervisorEvent.Tick());
    }
}
