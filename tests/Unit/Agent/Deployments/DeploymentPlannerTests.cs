using Slipway.Agent.Deployments;
using static Tests.Unit.Agent.Deployments.Workloads;

namespace Tests.Unit.Agent.Deployments;

public class DeploymentPlannerTests
{
    private static readonly Workload First = Make(1);
    private static readonly Workload Second = Make(2);
    private static readonly WorkloadRecord Nothing = WorkloadRecord.Empty;

    private static readonly WorkloadRecord RunningFirst = new()
    {
        Committed = First,
        EndedGeneration = First.Generation,
        EndedDeploymentId = First.DeploymentId,
    };

    [Fact]
    public void Something_new_is_begun() =>
        Assert.Equal(StepKind.Begin, Next(First, Nothing, attempt: null, runtime: null).Kind);

    [Fact]
    public void What_ended_is_not_tried_again()
    {
        var failed = new WorkloadRecord { EndedGeneration = 1, EndedDeploymentId = First.DeploymentId };

        Assert.Equal(StepKind.Wait, Next(First, failed, attempt: null, runtime: null).Kind);
    }

    [Theory]
    [InlineData((int)DeploymentPhase.Assigned, (int)StepKind.Accept)]
    [InlineData((int)DeploymentPhase.Fetching, (int)StepKind.Fetch)]
    [InlineData((int)DeploymentPhase.Staging, (int)StepKind.Stage)]
    [InlineData((int)DeploymentPhase.Starting, (int)StepKind.Start)]
    [InlineData((int)DeploymentPhase.Verifying, (int)StepKind.Start)]
    [InlineData((int)DeploymentPhase.Committed, (int)StepKind.Close)]
    [InlineData((int)DeploymentPhase.Failed, (int)StepKind.Close)]
    [InlineData((int)DeploymentPhase.Superseded, (int)StepKind.Close)]
    public void An_attempt_goes_on_where_its_journal_ends(int phase, int step) =>
        Assert.Equal(
            (StepKind)step, Next(First, Nothing, AttemptAt(First, (DeploymentPhase)phase), RuntimeState.Empty).Kind);

    [Fact]
    public void A_release_without_an_artifact_fails()
    {
        var step = Next(
            First, Nothing, AttemptAt(First with { Artifact = null }, DeploymentPhase.Assigned), runtime: null);

        Assert.Equal((StepKind.Fail, FailureReason.NoArtifact), (step.Kind, step.Reason));
    }

    [Fact]
    public void A_workload_that_this_agent_cannot_run_fails()
    {
        var strange = First with { Unsupported = "server.readiness: is of a kind that this agent does not know." };

        var step = Next(First, Nothing, AttemptAt(strange, DeploymentPhase.Assigned), runtime: null);

        Assert.Equal((StepKind.Fail, FailureReason.InvalidSpec), (step.Kind, step.Reason));
        Assert.Equal(strange.Unsupported, step.Detail);
    }

    [Theory]
    [InlineData((int)DeploymentPhase.Starting, (int)InstancePhase.Starting, (int)StepKind.Wait)]
    [InlineData((int)DeploymentPhase.Starting, (int)InstancePhase.Ready, (int)StepKind.Verify)]
    [InlineData((int)DeploymentPhase.Starting, (int)InstancePhase.Failed, (int)StepKind.Fail)]
    [InlineData((int)DeploymentPhase.Starting, (int)InstancePhase.Ended, (int)StepKind.Fail)]
    [InlineData((int)DeploymentPhase.Verifying, (int)InstancePhase.Ready, (int)StepKind.Decide)]
    [InlineData((int)DeploymentPhase.Verifying, (int)InstancePhase.Failed, (int)StepKind.Fail)]
    public void The_instance_decides_what_comes_next(int phase, int instance, int step) =>
        Assert.Equal(
            (StepKind)step,
            Next(
                First,
                Nothing,
                AttemptAt(First, (DeploymentPhase)phase),
                Living((First.DeploymentId, (InstancePhase)instance))).Kind);

    [Fact]
    public void A_ready_instance_is_watched_until_the_bake_is_over()
    {
        var slow = Make(1, bake: TimeSpan.FromSeconds(60));
        var view = new WorkloadView(
            slow,
            Nothing,
            AttemptAt(slow, DeploymentPhase.Verifying),
            Living((slow.DeploymentId, InstancePhase.Ready)),
            Start.AddSeconds(20));

        Assert.Equal(Step.Wait(TimeSpan.FromSeconds(40)), DeploymentPlanner.Next(view));
        Assert.Equal(StepKind.Decide, DeploymentPlanner.Next(view with { Now = Start.AddSeconds(60) }).Kind);
    }

    [Fact]
    public void An_end_during_the_bake_is_told_as_such()
    {
        var step = Next(
            First,
            Nothing,
            AttemptAt(First, DeploymentPhase.Verifying),
            Living((First.DeploymentId, InstancePhase.Failed)));

        Assert.Equal(FailureReason.BakeFailed, step.Reason);
    }

    [Fact]
    public void Something_newer_takes_the_place_of_what_is_under_way() =>
        Assert.Equal(
            StepKind.Supersede, Next(Second, Nothing, AttemptAt(First, DeploymentPhase.Staging), runtime: null).Kind);

    [Fact]
    public void A_decision_is_carried_out_though_something_newer_is_wanted()
    {
        var decided = AttemptAt(First, DeploymentPhase.Verifying, isDecided: true);

        Assert.Equal(
            StepKind.Promote, Next(Second, Nothing, decided, Living((First.DeploymentId, InstancePhase.Ready))).Kind);
        Assert.Equal(
            StepKind.Commit, Next(Second, Nothing, decided, Living((First.DeploymentId, InstancePhase.Current))).Kind);
    }

    [Fact]
    public void After_a_restart_of_the_host_a_decision_stands() =>
        Assert.Equal(
            StepKind.Commit,
            Next(
                Second,
                RunningFirst,
                AttemptAt(Second, DeploymentPhase.Verifying, isDecided: true),
                runtime: null).Kind);

    [Fact]
    public void An_instance_that_ended_before_it_took_over_is_a_failure() =>
        Assert.Equal(
            StepKind.Fail,
            Next(
                Second,
                RunningFirst,
                AttemptAt(Second, DeploymentPhase.Verifying, isDecided: true),
                Living((First.DeploymentId, InstancePhase.Current), (Second.DeploymentId, InstancePhase.Failed))).Kind);

    [Fact]
    public void What_was_committed_is_started_again_when_nothing_lives()
    {
        var step = Next(First, RunningFirst, attempt: null, runtime: null);

        Assert.Equal((StepKind.Restore, "deployment-1.r1"), (step.Kind, step.Ticket));
    }

    [Fact]
    public void What_was_started_again_becomes_current_when_it_is_ready()
    {
        var step = Next(
            First,
            RunningFirst,
            attempt: null,
            Living((First.DeploymentId, InstancePhase.Ended), ("deployment-1.r1", InstancePhase.Ready)));

        Assert.Equal((StepKind.Promote, "deployment-1.r1"), (step.Kind, step.Ticket));
    }

    [Fact]
    public void A_release_that_cannot_be_started_again_is_tried_later()
    {
        var view = new WorkloadView(
            First, RunningFirst, Attempt: null, Living(("deployment-1.r1", InstancePhase.Failed)), Start)
        {
            RestoreAt = Start.AddSeconds(5),
        };

        Assert.Equal(Step.Wait(TimeSpan.FromSeconds(5)), DeploymentPlanner.Next(view));
        Assert.Equal("deployment-1.r2", DeploymentPlanner.Next(view with { Now = Start.AddSeconds(5) }).Ticket);
    }

    [Fact]
    public void A_broken_committed_release_does_not_keep_the_next_one_out() =>
        Assert.Equal(
            StepKind.Begin,
            DeploymentPlanner.Next(
                new(Second, RunningFirst, Attempt: null, RuntimeState.Empty, Start) { RestoreAt = Start.AddHours(1) })
                .Kind);

    [Fact]
    public void What_runs_is_left_alone() =>
        Assert.Equal(
            StepKind.Wait,
            Next(First, RunningFirst, attempt: null, Living((First.DeploymentId, InstancePhase.Current))).Kind);

    [Fact]
    public void What_belongs_to_nothing_is_stopped()
    {
        var step = Next(
            First,
            RunningFirst,
            attempt: null,
            Living((First.DeploymentId, InstancePhase.Current), ("other", InstancePhase.Starting)));

        Assert.Equal((StepKind.Discard, "other"), (step.Kind, step.Ticket));
    }

    [Fact]
    public void What_is_not_wanted_any_more_is_removed_once()
    {
        var view = new WorkloadView(
            Desired: null, RunningFirst, Attempt: null, Living((First.DeploymentId, InstancePhase.Current)), Start);

        Assert.Equal(StepKind.Remove, DeploymentPlanner.Next(view).Kind);
        Assert.Equal(StepKind.Wait, DeploymentPlanner.Next(view with { Record = Nothing, Exists = false }).Kind);
    }

    [Fact]
    public void Nothing_is_removed_before_the_control_plane_has_spoken() =>
        Assert.Equal(
            StepKind.Wait,
            DeploymentPlanner.Next(
                new(
                    Desired: null,
                    RunningFirst,
                    Attempt: null,
                    Living((First.DeploymentId, InstancePhase.Current)),
                    Start)
                {
                    IsDesiredKnown = false,
                }).Kind);

    [Fact]
    public void An_upgrade_of_the_agent_waits_for_its_turn_and_not_for_ever()
    {
        var self = First with { Agent = new() { StartTimeout = TimeSpan.FromSeconds(60) } };
        var view = new WorkloadView(
            self, Nothing, AttemptAt(self, DeploymentPhase.Starting), RuntimeState.Empty, Start.AddSeconds(59))
        {
            IsHostTaken = true,
        };

        Assert.Equal(StepKind.Wait, DeploymentPlanner.Next(view).Kind);
        Assert.Equal(StepKind.Start, DeploymentPlanner.Next(view with { IsHostTaken = false }).Kind);
        Assert.Equal(FailureReason.HostBusy, DeploymentPlanner.Next(view with { Now = Start.AddSeconds(60) }).Reason);
    }

    [Fact]
    public void Deployments_do_not_begin_while_the_agent_is_upgraded()
    {
        var view = new WorkloadView(Second, Nothing, Attempt: null, RuntimeState.Empty, Start) { IsHostTaken = true };

        Assert.Equal(StepKind.Wait, DeploymentPlanner.Next(view).Kind);
        Assert.Equal(StepKind.Begin, DeploymentPlanner.Next(view with { IsHostTaken = false }).Kind);
    }

    [Theory]
    [InlineData((int)InstancePhase.Ready, (int)StepKind.Promote)]
    [InlineData((int)InstancePhase.Confirming, (int)StepKind.Wait)]
    [InlineData((int)InstancePhase.Current, (int)StepKind.Commit)]
    [InlineData((int)InstancePhase.Failed, (int)StepKind.Fail)]
    public void An_agent_on_trial_is_committed_when_it_stays(int instance, int step) => Assert.Equal(
        (StepKind)step,
        Next(
            First with { Agent = new() },
            Nothing,
            AttemptAt(First with { Agent = new() }, DeploymentPhase.Verifying, isDecided: true),
            Living((First.DeploymentId, (InstancePhase)instance))).Kind);

    [Fact]
    public void Which_program_the_agent_is_is_not_the_engines_affair()
    {
        var self = First with { Agent = new() };

        var step = Next(self, RunningFirst with { Committed = self }, attempt: null, RuntimeState.Empty);

        Assert.Equal(StepKind.Wait, step.Kind);
    }

    private static Step Next(Workload? desired, WorkloadRecord record, Attempt? attempt, RuntimeState? runtime) =>
        DeploymentPlanner.Next(new(desired, record, attempt, runtime, Start));
}
