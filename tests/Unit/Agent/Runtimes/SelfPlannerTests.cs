using System.Globalization;
using Slipway.Agent.Config;
using Slipway.Agent.Deployments;
using Slipway.Agent.Runtimes.Self;
using Tests.Unit.Architecture;

namespace Tests.Unit.Agent.Runtimes;

public class SelfPlannerTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);
    private static readonly SelfProgram One = new("a", "deployment-1", "1.1.0", DateTimeOffset.UnixEpoch);
    private static readonly SelfProgram Two = new("b", "deployment-2", "1.2.0", DateTimeOffset.UnixEpoch);

    [Fact]
    public void Without_an_upgrade_the_installed_program_is_the_agent() =>
        Assert.Equal(new(SelfState.Empty, Slot: null, Limit: null), SelfPlanner.Start(SelfState.Empty, Now));

    [Fact]
    public void A_confirmed_program_is_the_agent_at_every_start()
    {
        var state = new SelfState { Current = One };

        var plan = SelfPlanner.Start(state, Now);

        Assert.Equal(new(state with { Starts = 1, StartsSince = Now }, "a", Limit: null), plan);
    }

    [Fact]
    public void A_program_on_trial_is_started_once_and_with_an_alarm()
    {
        var plan = SelfPlanner.Start(With(SelfPhase.Switching), Now);

        Assert.Equal(new(With(SelfPhase.Trying), "b", Limit), plan);
    }

    [Theory]
    [InlineData(true, "a", "that of release 1.1.0 runs again")]
    [InlineData(false, null, "the installed one runs again")]
    public void A_program_that_ended_on_trial_gives_way_to_the_one_before(bool hasOne, string? slot, string words)
    {
        var trying = With(SelfPhase.Trying) with { Current = hasOne ? One : null };

        var plan = SelfPlanner.Start(trying, Now);

        Assert.Equal((slot, null), (plan.Slot, plan.Limit));
        var instance = plan.State.Trial!.Translate();
        Assert.Equal(
            (InstancePhase.Failed, FailureReason.UpgradeReverted, Two.Ticket),
            (instance.Phase, instance.Reason, instance.Ticket));
        Assert.Contains("within 45 s", instance.Detail, StringComparison.Ordinal);
        Assert.Contains(words, instance.Detail, StringComparison.Ordinal);
        Assert.Equal((slot, plan.State.Trial), (
            SelfPlanner.Start(plan.State, Now).Slot, SelfPlanner.Start(plan.State, Now).State.Trial));
    }

    [Fact]
    public void A_program_that_only_lies_in_its_slot_is_not_started()
    {
        var plan = SelfPlanner.Start(With(SelfPhase.Ready), Now);

        Assert.Equal(("a", null), (plan.Slot, plan.Limit));
    }

    [Fact]
    public void The_next_program_never_goes_where_the_working_one_is()
    {
        Assert.Equal("a", SelfPlanner.SpareOf(SelfState.Empty));
        Assert.Equal("b", SelfPlanner.SpareOf(new() { Current = One }));
        Assert.Equal("a", SelfPlanner.SpareOf(new() { Current = Two }));
    }

    [Theory]
    [InlineData(true, "a", "that of release 1.1.0 runs again")]
    [InlineData(false, null, "the installed one runs again")]
    public void One_that_is_started_again_and_again_without_being_well_gives_way_once(
        bool hasOne, string? slot, string words)
    {
        var state = new SelfState { Current = Two, HasPrevious = true, Previous = hasOne ? One : null };

        var slots = Enumerable.Range(0, 12).Select(number => Start(Now.AddSeconds(number))).ToList();

        Assert.Equal([.. Enumerable.Repeat("b", SelfPlanner.MostStarts), .. Enumerable.Repeat(slot, 7)], slots);
        Assert.Contains("release 1.2.0 was started 5 times within 10 min", state.Reverted, StringComparison.Ordinal);
        Assert.Contains(words, state.Reverted, StringComparison.Ordinal);

        string? Start(DateTimeOffset at)
        {
            var plan = SelfPlanner.Start(state, at);
            state = plan.State;
            return plan.Slot;
        }
    }

    [Theory]
    [InlineData("well in between")]
    [InlineData("seldom")]
    [InlineData("with nothing to go back to")]
    public void One_that_is_well_or_started_seldom_or_the_only_one_stays(string how)
    {
        var state = new SelfState { Current = Two, HasPrevious = how != "with nothing to go back to", Previous = One };
        for (var number = 0; number < 50; number++)
        {
            var plan = SelfPlanner.Start(state, Now.AddMinutes(how == "seldom" ? 3 * number : 0));
            Assert.Equal("b", plan.Slot);
            state = how == "well in between" && number % 4 == 3 ? SelfPlanner.Forget(plan.State, "b") : plan.State;
        }

        Assert.Null(state.Reverted);
    }

    [Fact]
    public void What_cannot_be_written_down_begins_no_trial_and_stops_nothing_else()
    {
        Assert.Equal(new(With(SelfPhase.Switching), "a", Limit: null), Unwritten(With(SelfPhase.Switching)));
        Assert.Equal(("a", null), (Unwritten(With(SelfPhase.Trying)).Slot, Unwritten(With(SelfPhase.Trying)).Limit));
        Assert.Equal("a", Unwritten(new() { Current = One }).Slot);

        static SelfPlan Unwritten(SelfState state) => SelfPlanner.Unwritten(state, SelfPlanner.Start(state, Now));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData(null, true)]
    [InlineData("b", false)]
    public void An_agent_that_runs_instead_of_the_one_on_trial_knows_that_the_trial_has_failed(
        string? slot, bool hasFailed)
    {
        Assert.All([SelfPhase.Switching, SelfPhase.Trying], phase => Assert.Equal(
            hasFailed ? SelfPhase.Failed : phase, SelfPlanner.Settle(With(phase), slot).Trial!.Phase));
        Assert.All([SelfPhase.Ready, SelfPhase.Failed], phase => Assert.Equal(
            With(phase), SelfPlanner.Settle(With(phase), slot)));
    }

    /// <summary>The whole way back, as docs/operations.md promises it: the slowest trial, and two starts.</summary>
    [Fact]
    public void By_default_an_agent_that_does_not_work_is_gone_within_a_minute()
    {
        var unit = File.ReadAllLines(Path.Join(SourceTests.Root, "deploy/systemd/slipway-agent.service"));
        var pause = TimeSpan.FromSeconds(int.Parse(
            unit.Single(line => line.StartsWith("RestartSec=", StringComparison.Ordinal))["RestartSec=".Length..],
            CultureInfo.InvariantCulture));

        var longest = AgentHost.Grace + pause + new AgentSpec().ConfirmTimeout + pause;

        Assert.True(longest < TimeSpan.FromMinutes(1), $"It takes up to {longest}.");
    }

    private static SelfState With(SelfPhase phase) => new() { Current = One, Trial = new(Two, phase, Limit) };
}
