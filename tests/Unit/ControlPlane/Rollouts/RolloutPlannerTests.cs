using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Rollouts;
using static Tests.Unit.ControlPlane.Rollouts.RolloutKit;

namespace Tests.Unit.ControlPlane.Rollouts;

public class RolloutPlannerTests
{
    private static readonly RolloutEvent.Aborted Abort = new("token:ops", "wrong release");
    private static readonly RolloutEvent.Superseded Supersede = new("rollout 2");

    [Fact]
    public void One_agent_after_the_other_takes_the_release()
    {
        var first = Of(2).Look(Start);
        var second = first.Rollout.Look(Start, Saw(1, DeploymentPhase.Committed));
        var end = second.Rollout.Look(Start, Saw(2, DeploymentPhase.Committed));

        Assert.Equal([new RolloutAction.Assign(Web(1), 1)], first.Actions);
        Assert.Equal([new RolloutAction.Assign(Web(2), 2)], second.Actions);
        Assert.Equal([new RolloutAction.Promote()], end.Actions);
        Assert.Equal(RolloutState.Succeeded, end.Rollout.State);
        Assert.Equal("2 agents run the release.", end.Rollout.Outcome);
    }

    [Fact]
    public void Sick_agents_go_first()
    {
        var step = Of(3).Look(Start, Saw(3) with { IsHealthy = false });

        Assert.Equal([new RolloutAction.Assign(Web(3), 1)], step.Actions);
    }

    [Fact]
    public void No_healthy_agent_is_touched_while_too_many_are_unavailable()
    {
        var step = Of(3).Look(Start, Saw(3) with { IsOnline = false });

        Assert.Empty(step.Actions);
        Assert.Equal(
            "agents to be available again: 1 are not, 1 may be (web-3 is offline)",
            step.Rollout.WaitingFor);
    }

    [Fact]
    public void The_next_batch_waits_until_the_one_before_has_been_healthy_for_the_bake()
    {
        var plan = Plan with { Bake = TimeSpan.FromMinutes(2) };
        var committed = Of(2, plan).Look(Start).Rollout.Look(Start, Saw(1, DeploymentPhase.Committed));
        var sick = committed.Rollout.Look(Start.AddMinutes(1), Saw(1) with { IsHealthy = false });
        var well = sick.Rollout.Look(Start.AddMinutes(3), Saw(1));
        var early = well.Rollout.Look(Start.AddMinutes(4));
        var baked = early.Rollout.Look(Start.AddMinutes(5));

        Assert.Equal("the bake of batch 1 to end", committed.Rollout.WaitingFor);
        Assert.Equal(Start.AddMinutes(2), committed.Rollout.NextTimerAt);
        Assert.Equal("web-1 to be healthy again", sick.Rollout.WaitingFor);
        Assert.Empty(early.Actions);
        Assert.Equal([new RolloutAction.Assign(Web(2), 2)], baked.Actions);
    }

    [Fact]
    public void A_failure_too_many_stops_the_rollout_once_the_others_have_ended()
    {
        var begun = Of(4, Plan with { BatchSize = 2, MaxUnavailable = 2 }).Look(Start);
        var failed = begun.Rollout.Look(
            Start,
            Saw(1, DeploymentPhase.Failed) with { Reason = FailureReason.NotReady, Detail = "No port." });
        var end = failed.Rollout.Look(Start, Saw(2, DeploymentPhase.Committed));

        Assert.Equal(RolloutState.Running, failed.Rollout.State);
        Assert.Empty(failed.Actions);
        Assert.Equal(RolloutState.Failed, end.Rollout.State);
        Assert.Equal("1 failed, 0 may; web-1: No port.", end.Rollout.Outcome);
        Assert.Equal(
            [DeploymentPhase.Failed, DeploymentPhase.Committed, DeploymentPhase.Skipped, DeploymentPhase.Skipped],
            end.Rollout.Targets.Select(target => target.Phase));
    }

    [Fact]
    public void A_failure_that_is_put_up_with_does_not_stop_the_rollout()
    {
        var begun = Of(2, Plan with { MaxFailures = 1 }).Look(Start);
        var failed = begun.Rollout.Look(Start, Saw(1, DeploymentPhase.Failed));
        var end = failed.Rollout.Look(Start, Saw(2, DeploymentPhase.Committed));

        Assert.Equal(RolloutState.Succeeded, end.Rollout.State);
        Assert.Equal("1 agent runs the release, 1 does not.", end.Rollout.Outcome);
    }

    [Fact]
    public void An_agent_that_never_answers_is_taken_back_at_the_deadline()
    {
        var begun = Of(2).Look(Start);

        var end = begun.Rollout.Look(Start.AddMinutes(10));

        Assert.Equal(RolloutState.Failed, end.Rollout.State);
        Assert.Equal(
            "No progress for 10 min; it waited for web-1 (assigned) to end.",
            end.Rollout.Outcome);
        Assert.Contains(new RolloutAction.Revert(Web(1)), end.Actions);
        Assert.Equal(FailureReason.AgentUnreachable, end.Rollout.Targets[0].Reason);
    }

    [Fact]
    public void Abort_takes_back_who_is_under_way_and_leaves_who_is_done()
    {
        var second = Of(3).Look(Start).Rollout.Look(Start, Saw(1, DeploymentPhase.Committed));
        var aborting = RolloutPlanner.Decide(second.Rollout, Abort, Start);
        var end = aborting.Rollout.Look(Start, Saw(2) with { RevertPhase = DeploymentPhase.Committed });

        Assert.Equal([Web(2), Web(2)], aborting.Actions.Select(action => action.AgentId));
        Assert.Equal("1 agent to go back to the previous release", aborting.Rollout.WaitingFor);
        Assert.Equal(RolloutState.Aborted, end.Rollout.State);
        Assert.Equal("Aborted by token:ops: wrong release", end.Rollout.Outcome);
        Assert.Equal(
            [DeploymentPhase.Committed, DeploymentPhase.Superseded, DeploymentPhase.Skipped],
            end.Rollout.Targets.Select(target => target.Phase));
    }

    [Fact]
    public void Offline_agents_do_not_hold_up_the_end_for_ever()
    {
        var plan = Plan with { MaxUnavailable = 2 };
        var committed = Of(2, plan).Look(Start, Saw(2) with { IsOnline = false })
            .Rollout.Look(Start, Saw(1, DeploymentPhase.Committed));
        var end = committed.Rollout.Look(Start.AddMinutes(1));

        Assert.Equal("web-2 to come online", committed.Rollout.WaitingFor);
        Assert.Equal(RolloutState.Succeeded, end.Rollout.State);
        Assert.Equal(DeploymentPhase.Skipped, end.Rollout.Targets[1].Phase);
    }

    [Fact]
    public void A_removed_agent_no_longer_counts()
    {
        var begun = Of(2).Look(Start);
        var next = begun.Rollout.Look(Start, new TargetSighting(Web(1)) { IsGone = true });

        Assert.Equal(DeploymentPhase.Skipped, next.Rollout.Targets[0].Phase);
        Assert.Contains(new RolloutAction.Assign(Web(2), 2), next.Actions);
    }

    [Fact]
    public void Every_state_answers_every_event_as_the_table_says()
    {
        var running = Of(2).Look(Start).Rollout;
        var stopping = running with { StopCause = "x" };
        var verifying = Of(1, Plan with { Bake = TimeSpan.FromHours(1) }).Look(Start).Rollout
            .Look(Start, Saw(1, DeploymentPhase.Committed)).Rollout;
        var aborting = RolloutPlanner.Decide(running, Abort, Start).Rollout;
        (Rollout From, RolloutEvent Event, RolloutState To, RolloutRefusal Refusal)[] table =
        [
            (Of(2), RolloutEvent.Looked.AtTheClock, RolloutState.Running, RolloutRefusal.None),
            (Of(2), Abort, RolloutState.Aborted, RolloutRefusal.None),
            (Of(2), Supersede, RolloutState.Superseded, RolloutRefusal.None),
            (running, RolloutEvent.Looked.AtTheClock, RolloutState.Running, RolloutRefusal.None),
            (running, Abort, RolloutState.Aborting, RolloutRefusal.None),
            (running, Supersede, RolloutState.Superseded, RolloutRefusal.None),
            (stopping, RolloutEvent.Looked.AtTheClock, RolloutState.Running, RolloutRefusal.None),
            (stopping, Abort, RolloutState.Aborting, RolloutRefusal.None),
            (stopping, Supersede, RolloutState.Superseded, RolloutRefusal.None),
            (verifying, RolloutEvent.Looked.AtTheClock, RolloutState.Verifying, RolloutRefusal.None),
            (verifying, Abort, RolloutState.Aborted, RolloutRefusal.None),
            (verifying, Supersede, RolloutState.Superseded, RolloutRefusal.None),
            (aborting, RolloutEvent.Looked.AtTheClock, RolloutState.Aborting, RolloutRefusal.None),
            (aborting, Abort, RolloutState.Aborting, RolloutRefusal.AlreadyAborting),
            (aborting, Supersede, RolloutState.Superseded, RolloutRefusal.None),
            .. from ended in (RolloutState[])[RolloutState.Succeeded, RolloutState.Aborted, RolloutState.Failed,
                RolloutState.Superseded, RolloutState.RolledBack]
               from happened in (RolloutEvent[])[RolloutEvent.Looked.AtTheClock, Abort, Supersede]
               select (Of(2) with { State = ended }, happened, ended, RolloutRefusal.Ended),
        ];

        Assert.All(table, row =>
        {
            var step = RolloutPlanner.Decide(row.From, row.Event, Start);

            Assert.Equal((row.To, row.Refusal), (step.Rollout.State, step.Refusal));
        });
    }
}
