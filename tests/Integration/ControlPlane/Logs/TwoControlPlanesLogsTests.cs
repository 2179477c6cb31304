using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Slipway.ControlPlane.Environments;
using Slipway.Shared.Rpc;
using Tests.Integration.ControlPlane.Registry;
using Tests.Integration.ControlPlane.Rollouts;
using Tests.Integration.Kit;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Logs;

/// <summary>Two control planes on one database: the reader is at one of them, the agent at the other.</summary>
public sealed class TwoControlPlanesLogsTests(PostgresServer postgres) : IClassFixture<PostgresServer>, IAsyncLifetime
{
    private readonly TestStorage _storage = new(postgres);
    private readonly RedisServer _redis = RedisServer.StartOwn();
    private ControlPlaneHost _here = null!;
    private string _folder = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _here = await _storage.StartAsync(Configure);
        await Catalog.AddAsync(_here, new StrategySpec());
        _folder = TwoControlPlanesTests.CopyOf(_here.Folder);
    }

    public async ValueTask DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _here.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_reader_at_one_hears_an_agent_at_the_other_also_after_the_agent_was_away()
    {
        await using var there = await StartOtherAsync();
        await using var host = await TailHost.StartAsync(_here, "web-1");
        host.Say(Enumerable.Range(1, 5000).Select(number => $"{number} {new string('x', 200)}"));
        host.Say("all");
        using var reader = TailReader.Start(there.Admin, TailReader.Request(follow: true));
        await reader.ReadAsync("all");
        var texts = reader.Texts.Select(text => text.Split(' ')[0]);

        await host.Link.StopAsync();
        host.Say("away");
        await reader.ReadAsync(() => reader.Notices.Count > 0);
        await host.ConnectAsync(_here);
        await reader.ReadAsync("away");
        host.Say("back");
        await reader.ReadAsync("back");

        Assert.Equal([.. Enumerable.Range(1, 5000).Select(number => $"{number}"), "all", "away", "back"], texts);
        Assert.Equal("AGENT_OFFLINE", Assert.Single(reader.Notices).Reason);
    }

    [Fact]
    public async Task A_slow_reader_at_the_other_learns_how_much_it_missed()
    {
        const int All = 20_000;
        await using var there = await StartOtherAsync();
        await using var host = await TailHost.StartAsync(_here, "web-1");
        host.Spec = new(64 * 1024, 4, TimeSpan.Zero);
        host.Say("0");
        using var slow = TailReader.Start(there.Admin, TailReader.Request(follow: true));
        await slow.ReadAsync("0");

        host.Say(Enumerable.Range(1, All).Select(number => $"{number} {new string('x', 1000)}"));
        host.Say("end");
        await slow.ReadAsync("end");

        var lost = slow.Notices.Sum(notice => notice.Lost);
        Assert.True(lost > 0);
        Assert.Equal(All + 2, slow.Lines.Count + lost);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_supply_may_arrive_at_any_of_them(bool isReaderWithSession)
    {
        await using var there = await StartOtherAsync();
        using var machine = await TestAgent.EnrollAsync(_here, "web-1");
        await using var session = await SessionAgent.ConnectAsync(_here, machine, capabilities: ["logs"]);
        await session.HearAsync(V1.ControlMessage.MessageOneofCase.Welcome);
        await TailHost.AssignAsync(_here, machine.Id);

        var (reading, other) = isReaderWithSession ? (_here, there) : (there, _here);
        using var reader = TailReader.Start(reading.Admin, TailReader.Request(follow: true));
        var order = (await session.HearAsync(V1.ControlMessage.MessageOneofCase.Tail)).Tail;
        using var supply = new V1.Logs.LogsClient(other.ChannelWithCertificate(machine.Certificate))
            .Supply(cancellationToken: Cancellation);
        await supply.RequestStream.WriteAsync(new() { Id = order.Id }, Cancellation);
        var line = new V1.LogLine
        {
            At = TimeProvider.System.GetUtcNow().ToTimestamp(),
            Text = "hello",
            Cursor = "00000001-2",
        };
        await supply.RequestStream.WriteAsync(new() { Lines = { line } }, Cancellation);
        await supply.RequestStream.WriteAsync(new() { AtEnd = true }, Cancellation);
        await reader.ReadAsync("hello");
        reader.Dispose();

        // The agent is told that nobody reads any more.
        await supply.ResponseAsync.WaitAsync(TimeSpan.FromSeconds(60), Cancellation);
    }

    [Fact]
    public async Task An_agent_at_the_other_that_is_too_old_is_named_at_once()
    {
        await using var there = await StartOtherAsync();
        using var machine = await TestAgent.EnrollAsync(_here, "old-1");
        await using var session = await SessionAgent.ConnectAsync(_here, machine);
        await session.HearAsync(V1.ControlMessage.MessageOneofCase.Welcome);
        await TailHost.AssignAsync(_here, machine.Id);

        var refusal = await Assert.ThrowsAsync<RpcException>(
            () => TailReader.ReadAsync(there.Admin, TailReader.Request()));

        Assert.Equal("AGENT_TOO_OLD", Problem.From(refusal).Reason);
        Assert.Contains("upgrade it", Problem.From(refusal).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_goes_on_where_it_was_when_Redis_is_back()
    {
        await using var there = await StartOtherAsync();
        await using var host = await TailHost.StartAsync(_here, "web-1");
        host.Say("one");
        using var reader = TailReader.Start(there.Admin, TailReader.Request(follow: true));
        await reader.ReadAsync("one");

        await _redis.StopAsync();
        host.Say("two");
        await reader.ReadAsync(() => reader.Notices.Count > 0);
        var refusal = await Assert.ThrowsAsync<RpcException>(
            () => TailReader.ReadAsync(there.Admin, TailReader.Request()));
        _redis.StartAgain();
        await reader.ReadAsync("two");
        host.Say("three");
        await reader.ReadAsync("three");

        Assert.Equal(["one", "two", "three"], reader.Texts);
        Assert.Equal("SESSION_ELSEWHERE", reader.Notices[0].Reason);
        Assert.Equal("SESSION_ELSEWHERE", Problem.From(refusal).Reason);
    }

    [Fact]
    public async Task Without_Redis_the_reader_is_told_what_is_missing()
    {
        await using var there = await _storage.StartAsync(folder: _folder);
        await using var host = await TailHost.StartAsync(_here, "web-1");
        host.Say("one");

        var refusal = await Assert.ThrowsAsync<RpcException>(
            () => TailReader.ReadAsync(there.Admin, TailReader.Request()));

        Assert.Equal("SESSION_ELSEWHERE", Problem.From(refusal).Reason);
        Assert.Contains("Redis", Problem.From(refusal).Message, StringComparison.Ordinal);
    }

    private async Task<ControlPlaneHost> StartOtherAsync()
    {
        var there = await _storage.StartAsync(Configure, _folder);
        await TwoControlPlanesTests.UntilHeardAsync(_here, there);
        await TwoControlPlanesTests.UntilHeardAsync(there, _here);
        return there;
    }

    private void Configure(WebApplicationBuilder builder) => builder.Configuration.AddInMemoryCollection(
        [new("Redis:Configuration", _redis.Configuration)]);
}
