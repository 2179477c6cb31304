namespace Tests.EndToEnd;

public class ReleaseTrainTests
{
    [Theory(Timeout = 600_000)]
    [InlineData("hello")]
    [InlineData("starlet")]
    [InlineData("gunicorn")]
    public async Task Twenty_releases_under_load_fail_no_request(string sample)
    {
        await using var scene = await Scene.StartAsync(sample);
        await using var keptAlive = scene.StartLoad(keepAlive: true);
        await using var perRequest = scene.StartLoad(keepAlive: false);

        for (var release = 1; release <= 20; release++)
        {
            await scene.ReleaseAsync($"1.{release}.0");
            await keptAlive.AnsweredAsync($"1.{release}.0", TestContext.Current.CancellationToken);
            await perRequest.AnsweredAsync($"1.{release}.0", TestContext.Current.CancellationToken);
        }

        var reports = new[] { await keptAlive.StopAsync(), await perRequest.StopAsync() };
        Assert.All(reports, report => Assert.True(report.Failed == 0, report.ToString()));
        Assert.All(reports, report => Assert.Equal(21, report.Answers.Count));
    }
}
