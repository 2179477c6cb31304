using Slipway.Agent.Deployments;

namespace Tests.Integration.Agent.Deployments;

public sealed class ReportSpoolTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Reports_survive_in_order_until_they_are_acknowledged()
    {
        var spool = new ReportSpool(_folder.Path);
        spool.Add(Report("a", 1, DeploymentPhase.Assigned));
        spool.Add(Report("b", 1, DeploymentPhase.Assigned));
        spool.Add(Report("a", 2, DeploymentPhase.Failed));
        spool.Add(Report("a", 2, DeploymentPhase.Failed));
        spool.Acknowledge("a", 1);
        spool.Acknowledge("unknown", 7);

        var again = new ReportSpool(_folder.Path);

        Assert.Equal([("b", 1u), ("a", 2u)], again.Pending().Select(report => (report.DeploymentId, report.Sequence)));
    }

    [Fact]
    public void When_it_is_full_how_a_program_ended_gives_way_to_the_next_time_and_to_the_deployments_end()
    {
        var spool = new ReportSpool(_folder.Path, maxBytes: 10_000);
        spool.Add(Report("a", 6, DeploymentPhase.Committed));
        for (var run = 1; run <= 10; run++)
        {
            var end = new ProgramEnd(run, run - 1, DateTimeOffset.UnixEpoch) { Output = new string('x', 4000) };
            spool.Add(DeploymentReport.Of("a", end));
        }

        Assert.Equal([0, 9, 10], new ReportSpool(_folder.Path).Pending().Select(report => report.Run));
    }

    [Fact]
    public void What_a_crash_left_of_a_write_is_removed()
    {
        File.WriteAllText(_folder.In("000000000001.json.77.tmp"), "{\"dep");

        Assert.Empty(new ReportSpool(_folder.Path).Pending());
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void When_it_is_full_the_ends_and_the_newest_steps_survive()
    {
        var spool = new ReportSpool(_folder.Path, maxBytes: 20_000);
        for (var i = 0; i < 20; i++)
        {
            spool.Add(Report($"done-{i}", 1, DeploymentPhase.Assigned));
            spool.Add(Report($"done-{i}", 2, DeploymentPhase.Failed) with { Output = new string('x', 4000) });
        }

        spool.Add(Report("running", 1, DeploymentPhase.Assigned));
        spool.Add(Report("running", 2, DeploymentPhase.Fetching));

        var left = spool.Pending();
        Assert.Equal(20, left.Count(report => report.Phase == DeploymentPhase.Failed));
        Assert.Contains(left, report => report is { DeploymentId: "running", Sequence: 2 });
        Assert.True(Directory.GetFiles(_folder.Path).Sum(file => new FileInfo(file).Length) <= 20_000);
        Assert.Equal(20, spool.Dropped);
    }

    private static DeploymentReport Report(string id, uint sequence, DeploymentPhase phase) =>
        new(id, sequence, phase, DateTimeOffset.UnixEpoch, Detail: "A sentence.");
}
