using Slipway.Agent.Deployments;

namespace Tests.Unit.Agent.Deployments;

public sealed class EndPlannerTests
{
    private static readonly Workload Committed = Workloads.Make(1);

    private static readonly DateTimeOffset Start = Workloads.Start;

    [Fact]
    public void A_crash_loop_is_told_five_times_and_then_once_an_hour()
    {
        var told = new List<(int Run, double Hours)>();
        ToldEnds? state = null;
        for (var run = 1; run <= 1000; run++)
        {
            var now = Start + (TimeSpan.FromSeconds(30) * run);
            (state, var ends) = EndPlanner.Next(state, Committed, [Ended(Committed.DeploymentId, run)], now);
            told.AddRange(ends.Select(end => (end.Run, Math.Round((now - Start).TotalHours))));
        }

        Assert.Equal([1, 2, 3, 4, 5], told.Take(5).Select(end => end.Run));
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], told.Skip(5).Select(end => end.Hours));
    }

    [Fact]
    public void One_crash_a_day_is_always_told()
    {
        ToldEnds? state = null;
        for (var run = 1; run <= 100; run++)
        {
            (state, var ends) = EndPlanner.Next(
                state, Committed, [Ended(Committed.DeploymentId, run)], Start + TimeSpan.FromDays(run));
            Assert.Equal(run, Assert.Single(ends).Run);
        }
    }

    [Fact]
    public void What_was_left_out_is_told_by_the_last_of_them_when_the_time_has_come()
    {
        var (state, _) = EndPlanner.Next(before: null, Committed, [Ended("deployment-1", 1, 2, 3, 4, 5)], Start);
        Instance[] crashed = [Ended("deployment-1", 3, 4, 5, 6, 7)];

        var (unchanged, early) = EndPlanner.Next(state, Committed, crashed, Start + TimeSpan.FromMinutes(59));
        var (told, late) = EndPlanner.Next(unchanged, Committed, crashed, Start + TimeSpan.FromMinutes(60));

        Assert.Empty(early);
        Assert.Equal(state, unchanged);
        Assert.Equal(7, Assert.Single(late).Run);
        Assert.Empty(EndPlanner.Next(told, Committed, crashed, Start + TimeSpan.FromDays(1)).Ends);
    }

    [Fact]
    public void Each_deployment_counts_for_itself_with_its_restored_instances_and_nobody_elses()
    {
        var (state, _) = EndPlanner.Next(before: null, Committed, [Ended("deployment-1", 1, 2, 3, 4, 5)], Start);
        Instance[] living = [Ended("deployment-1", 6), Ended("deployment-2", 7), Ended("deployment-2.r1", 8)];

        var (next, ends) = EndPlanner.Next(state, Workloads.Make(2), living, Start);

        Assert.Equal([7, 8], ends.Select(end => end.Run));
        Assert.Equal("deployment-2", next!.DeploymentId);
    }

    [Fact]
    public void A_clock_that_is_set_back_silences_nothing_for_longer_than_an_hour()
    {
        var (state, _) = EndPlanner.Next(before: null, Committed, [Ended("deployment-1", 1, 2, 3, 4, 5)], Start);
        Instance[] crashed = [Ended("deployment-1", 6)];
        var back = Start - TimeSpan.FromDays(300);

        (state, var ends) = EndPlanner.Next(state, Committed, crashed, back);
        Assert.Empty(ends);
        Assert.Single(EndPlanner.Next(state, Committed, crashed, back + TimeSpan.FromHours(1)).Ends);
    }

    private static Instance Ended(string ticket, params IEnumerable<int> runs) =>
        new(ticket, "1", InstancePhase.Current, 7, Start)
        {
            Ends = [.. runs.Select(run => new ProgramEnd(run, run - 1, Start))],
        };
}
