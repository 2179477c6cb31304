using Tests.Kit.Restarts;

namespace Tests.EndToEnd;

/// <summary>Whatever is restarted, and however often: no request fails and nothing is left behind.</summary>
public class RestartTests
{
    [Fact(Timeout = 800_000)]
    public async Task A_hundred_restarts_of_every_kind_under_load_fail_no_request_and_leak_nothing()
    {
        await using var host = await RestartedHost.StartAsync(TestContext.Current.CancellationToken);
        await using var load = host.StartLoad();
        var rounds = new RestartRounds(host, load);

        var (before, after) = await rounds.RunAsync(
            14, withUpgrades: true, TimeSpan.MaxValue, TestContext.Current.CancellationToken);
        Assert.True(after.IsAtMost(before), $"With upgrades: at first {before}, in the end {after}");
        (before, after) = await rounds.RunAsync(
            16, withUpgrades: false, TimeSpan.MaxValue, TestContext.Current.CancellationToken);
        Assert.True(after.IsAtMost(before), $"Without: at first {before}, in the end {after}");

        Assert.True(rounds.Restarts >= 100, $"{rounds.Restarts} restarts");
        var report = await load.StopAsync();
        Assert.True(report.Failed == 0, report.ToString());
    }
}
