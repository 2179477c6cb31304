using Slipway.Agent.Deployments;
using Slipway.Agent.Runtimes.Self;

namespace Tests.Unit.Agent.Runtimes;

public class SelfPlannerTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(45);
    private static readonly SelfProgram One = new("a", "deployment-1", "1.1.0", DateTimeOffset.UnixEpoch);
    private static readonly SelfProgram Two = new("b", "deployment-2", "1.2.0", DateTimeOffset.UnixEpoch);

    [Fact]
    public void Without_an_upgrade_the_installed_program_is_the_agent() =>
        Assert.Equal(new(SelfState.Empty, Slot: null, Limit: null), SelfPlanner.Start(SelfState.Empty));

    [Fact]
    public void A_confirmed_program_is_the_agent_at_every_start()
    {
        var state = new SelfState { Current = One };

        Assert.Equal(new(state, "a", Limit: null), SelfPlanner.Start(state));
    }

    [Fact]
    public void A_program_on_trial_is_started_once_and_with_an_alarm()
    {
        var plan = SelfPlanner.Start(With(SelfPhase.Switching));

        Assert.Equal(new(With(SelfPhase.Trying), "b", Limit), plan);
    }

    [Theory]
    [InlineData(true, "a", "that of release 1.1.0 runs again")]
    [InlineData(false, null, "the installed one runs again")]
    public void A_program_that_ended_on_trial_gives_way_to_the_one_before(bool hasOne, string? slot, string words)
    {
        var trying = With(SelfPhase.Trying) with { Current = hasOne ? One : null };

        var plan = SelfPlanner.Start(trying);

        Assert.Equal((slot, null), (plan.Slot, plan.Limit));
        var instance = plan.State.Trial!.Translate();
        Assert.Equal(
            (InstancePhase.Failed, FailureReason.UpgradeReverted, Two.Ticket),
            (instance.Phase, instance.Reason, instance.Ticket));
        Assert.Contains("within 45 s", instance.Detail, StringComparison.Ordinal);
        Assert.Contains(words, instance.Detail, StringComparison.Ordinal);
        Assert.Equal(plan.State, SelfPlanner.Start(plan.State).State);
    }

    [Fact]
    public void A_program_that_only_lies_in_its_slot_is_not_started()
    {
        var plan = SelfPlanner.Start(With(SelfPhase.Ready));

        Assert.Equal(("a", null), (plan.Slot, plan.Limit));
    }

    [Fact]
    public void The_next_program_never_goes_where_the_working_one_is()
    {
        Assert.Equal("a", SelfPlanner.SpareOf(SelfState.Empty));
        Assert.Equal("b", SelfPlanner.SpareOf(new() { Current = One }));
        Assert.Equal("a", SelfPlanner.SpareOf(new() { Current = Two }));
    }

    private static SelfState With(SelfPhase phase) => new() { Current = One, Trial = new(Two, phase, Limit) };
}
