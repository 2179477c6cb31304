using Slipway.Agent.Logs;
using Slipway.ControlPlane.Environments;
using Tests.Integration.ControlPlane.Rollouts;

namespace Tests.Integration.ControlPlane.Logs;

/// <summary>What one who follows is promised: every host, and every line since the call.</summary>
public sealed class TailFollowTests : IAsyncLifetime
{
    private ControlPlaneHost _server = null!;
    private TailHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ControlPlaneHost.StartAsync(TestContext.Current.CancellationToken);
        await Catalog.AddAsync(_server, new StrategySpec());
        _host = await TailHost.StartAsync(_server, "web-1");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_host_that_comes_to_run_the_application_joins_with_all_that_it_said_since_the_call()
    {
        _host.Say("one");
        var request = TailReader.Request(follow: true);
        request.Lines = 1;
        using var reader = TailReader.Start(_server.Admin, request);
        await reader.ReadAsync("one");

        await using var joining = await TailHost.StartAsync(_server, "web-2");
        joining.Say("two", "three", "four");
        await reader.ReadAsync("four");
        _host.Say("five");
        await reader.ReadAsync("five");

        Assert.Equal(["one", "two", "three", "four", "five"], reader.Texts);
        var notice = Assert.Single(reader.Notices);
        Assert.Equal(
            ("AGENT_JOINED", "web-2 runs shop/production now: its lines follow."), (notice.Reason, notice.Message));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_number_of_lines_leaves_out_what_was_said_since_the_call(bool hasFilter)
    {
        _host.Say("before");
        await _host.Link.StopAsync();
        var request = TailReader.Request(follow: true);
        request.Lines = 0;
        request.Generation = hasFilter ? 1 : 0;
        using var reader = TailReader.Start(_server.Admin, request);
        await reader.ReadAsync(() => reader.Notices.Count > 0);

        _host.Say("while it", "was away");
        await _host.ConnectAsync(_server);
        await reader.ReadAsync("was away");

        Assert.Equal(["while it", "was away"], reader.Texts);
    }

    [Fact]
    public async Task A_reader_that_calls_again_gets_what_was_said_since_its_first_call()
    {
        _host.Say(TimeProvider.System.GetUtcNow() - TimeSpan.FromHours(2), LogStream.Output, "long ago");
        _host.Say("before the break");
        var request = TailReader.Request(follow: true);
        (request.Lines, request.AskedAgo) = (0, new() { Seconds = 3600 });

        using var reader = TailReader.Start(_server.Admin, request);
        await reader.ReadAsync("before the break");

        Assert.Equal(["before the break"], reader.Texts);
    }
}
