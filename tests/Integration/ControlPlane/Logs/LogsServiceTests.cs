using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Slipway.Agent.Logs;
using Slipway.ControlPlane.Environments;
using Slipway.Shared.Rpc;
using Tests.Integration.ControlPlane.Registry;
using Tests.Integration.ControlPlane.Rollouts;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Logs;

/// <summary>Logs from hosts with the agent's real link, through a real control plane.</summary>
public sealed class LogsServiceTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private readonly List<TailHost> _hosts = [];
    private ControlPlaneHost _server = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await ControlPlaneHost.StartAsync(Cancellation);
        await Catalog.AddAsync(_server, new StrategySpec());
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        await _server.DisposeAsync();
    }

    [Fact]
    public async Task The_lines_of_all_hosts_come_in_the_order_of_their_times()
    {
        var (web1, web2) = (await AddAsync("web-1"), await AddAsync("web-2"));
        web1.Say(Noon, LogStream.Output, "one");
        web2.Say(Noon.AddSeconds(1), LogStream.Error, "two\e[2J");
        web1.Say(Noon.AddSeconds(2), LogStream.Output, "three");

        var reader = await TailReader.ReadAsync(_server.Admin, TailReader.Request());

        Assert.Equal(["one", "two\e[2J", "three"], reader.Texts);
        Assert.Empty(reader.Notices);
        var line = reader.Lines[1];
        Assert.Equal(
            (Noon.AddSeconds(1), 1, 42, V1.LogLine.Types.Stream.Err),
            (line.At.ToDateTimeOffset(), line.Generation, line.Pid, line.Stream));
    }

    [Theory]
    [InlineData("lines", "4")]
    [InlineData("since", "3 4")]
    [InlineData("stream", "2 4")]
    [InlineData("generation", "")]
    public async Task Only_what_is_wanted_is_supplied(string choice, string expected)
    {
        var host = await AddAsync("web-1");
        for (var number = 1; number <= 4; number++)
        {
            host.Say(
                Noon.AddMinutes(number), number % 2 == 0 ? LogStream.Error : LogStream.Output,
                number.ToString(CultureInfo.InvariantCulture));
        }

        var request = TailReader.Request();
        switch (choice)
        {
            case "lines": request.Lines = 1; break;
            case "since": request.Since = Noon.AddMinutes(3).ToTimestamp(); break;
            case "stream": request.Stream = V1.LogLine.Types.Stream.Err; break;
            default: request.Generation = 7; break;
        }

        var reader = await TailReader.ReadAsync(_server.Admin, request);

        Assert.Equal(expected, string.Join(' ', reader.Texts));
    }

    [Fact]
    public async Task One_that_follows_hears_what_comes_and_a_cursor_goes_on_where_it_stopped()
    {
        var (web1, web2) = (await AddAsync("web-1"), await AddAsync("web-2"));
        web1.Say("before");
        web2.Say("before");
        var request = TailReader.Request(follow: true);
        request.Lines = 0;
        using (var reader = TailReader.Start(_server.Admin, request))
        {
            await reader.ReadAsync(() => reader.Cursors.Count == 2);
            web1.Say("first");
            await reader.ReadAsync("first");
            web2.Say("second");
            await reader.ReadAsync("second");

            Assert.Equal(["first", "second"], reader.Texts);
            request.Cursors.Add(reader.Cursors);
        }

        web1.Say("third");
        web2.Say("fourth");
        using var next = TailReader.Start(_server.Admin, request);
        await next.ReadAsync(() => next.Lines.Count == 2);

        Assert.Equal(["fourth", "third"], next.Texts.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_agent_that_goes_away_is_named_and_read_on_when_it_is_back()
    {
        var (web1, web2) = (await AddAsync("web-1"), await AddAsync("web-2"));
        web1.Say("one");
        using var reader = TailReader.Start(_server.Admin, TailReader.Request(follow: true));
        await reader.ReadAsync("one");

        await web1.Link.StopAsync();
        web1.Say("two");
        await reader.ReadAsync(() => reader.Notices.Count > 0);
        web2.Say("from the other");
        await reader.ReadAsync("from the other");
        await web1.ConnectAsync(_server);
        await reader.ReadAsync("two");

        Assert.Equal(["one", "from the other", "two"], reader.Texts);
        var notice = Assert.Single(reader.Notices);
        Assert.Equal("AGENT_OFFLINE", notice.Reason);
        Assert.StartsWith("web-1 is offline since ", notice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_that_is_removed_ends_the_reading_of_it()
    {
        var host = await AddAsync("web-1");
        host.Say("last words");
        using var reader = TailReader.Start(_server.Admin, TailReader.Request(follow: true));
        await reader.ReadAsync("last words");

        await new V1.Agents.AgentsClient(_server.Admin).RemoveAsync(
            new() { Id = "web-1" }, cancellationToken: Cancellation);
        await host.Link.StopAsync();
        var refusal = await RefusalOfAsync(() => reader.ReadAsync(() => false));

        Assert.Equal((StatusCode.NotFound, "AGENT_REMOVED", "web-1 was removed."), refusal);
        Assert.Equal(["last words"], reader.Texts);
    }

    [Fact]
    public async Task A_slow_reader_holds_nobody_up_and_learns_how_much_it_missed()
    {
        const int All = 20_000;
        var host = await AddAsync("web-1");
        host.Spec = new(64 * 1024, 4, TimeSpan.Zero);
        host.Say("0");
        using var slow = TailReader.Start(_server.Admin, TailReader.Request(follow: true));
        using var quick = TailReader.Start(_server.Admin, TailReader.Request(follow: true));
        await slow.ReadAsync("0");

        host.Say(Enumerable.Range(1, All).Select(number => $"{number} {new string('x', 1000)}"));
        host.Say("end");
        await quick.ReadAsync("end");
        await slow.ReadAsync("end");

        var lost = slow.Notices.Sum(notice => notice.Lost);
        Assert.All(slow.Notices, notice => Assert.Equal("LINES_LOST", notice.Reason));
        Assert.True(lost > 0);
        Assert.Equal(All + 2, slow.Lines.Count + lost);
    }

    [Fact]
    public async Task What_cannot_be_read_is_said_with_its_reason()
    {
        Assert.Equal((StatusCode.NotFound, "WORKLOAD_NOT_FOUND"), await RefusalOfAsync(TailReader.Request()));
        var host = await AddAsync("web-1");
        host.Say("one");
        using var idle = await TestAgent.EnrollAsync(_server, "idle-1");

        var unknown = TailReader.Request();
        unknown.Agents.Add("web-7");
        var elsewhere = TailReader.Request();
        elsewhere.Agents.Add("idle-1");
        var nowhere = TailReader.Request();
        nowhere.Environment = "staging";
        var negative = TailReader.Request();
        negative.Lines = -1;
        var nonsense = TailReader.Request(follow: true);
        nonsense.Cursors["web-1"] = "nonsense";

        Assert.Equal((StatusCode.NotFound, "AGENT_NOT_FOUND"), await RefusalOfAsync(unknown));
        Assert.Equal((StatusCode.NotFound, "WORKLOAD_NOT_FOUND"), await RefusalOfAsync(elsewhere));
        Assert.Equal((StatusCode.NotFound, "ENVIRONMENT_NOT_FOUND"), await RefusalOfAsync(nowhere));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_FIELD"), await RefusalOfAsync(negative));
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_FIELD"), await RefusalOfAsync(nonsense));
        await host.Link.StopAsync();
        Assert.Equal((StatusCode.FailedPrecondition, "AGENT_OFFLINE"), await RefusalOfAsync(TailReader.Request()));
    }

    [Fact]
    public async Task A_program_that_has_said_nothing_has_an_empty_log()
    {
        var host = await AddAsync("web-1");
        Directory.Delete(host.Link.LogFolder);

        var reader = await TailReader.ReadAsync(_server.Admin, TailReader.Request());

        Assert.Empty(reader.Texts);
        Assert.Empty(reader.Notices);
    }

    [Fact]
    public async Task One_host_that_cannot_answer_does_not_keep_the_others_lines_back()
    {
        var host = await AddAsync("web-1");
        host.Say("one");
        using var machine = await TestAgent.EnrollAsync(_server, "old-1");
        await using var old = await SessionAgent.ConnectAsync(_server, machine);
        await old.HearAsync(V1.ControlMessage.MessageOneofCase.Welcome);
        await TailHost.AssignAsync(_server, machine.Id);

        var reader = await TailReader.ReadAsync(_server.Admin, TailReader.Request());

        Assert.Equal(["one"], reader.Texts);
        Assert.Equal("AGENT_TOO_OLD", Assert.Single(reader.Notices).Reason);
    }

    [Fact]
    public async Task Only_one_who_may_read_the_application_reads_its_logs_and_only_agents_supply_them()
    {
        var host = await AddAsync("web-1");
        host.Say("one");

        var other = _server.ChannelWithToken(await TokenAsync("other", "release.push:billing"));
        var own = _server.ChannelWithToken(await TokenAsync("own", "release.push:shop"));
        using var supply = new V1.Logs.LogsClient(own).Supply(cancellationToken: Cancellation);

        Assert.Equal(
            StatusCode.PermissionDenied,
            (await RefusalOfAsync(() => TailReader.ReadAsync(other, TailReader.Request()))).Code);
        Assert.Equal(["one"], (await TailReader.ReadAsync(own, TailReader.Request())).Texts);
        Assert.Equal(StatusCode.PermissionDenied, (await RefusalOfAsync(() => supply.ResponseAsync)).Code);
    }

    [Fact]
    public async Task No_agent_supplies_what_another_was_asked_for()
    {
        using var asked = await TestAgent.EnrollAsync(_server, "web-1");
        using var other = await TestAgent.EnrollAsync(_server, "web-2");
        await using var session = await SessionAgent.ConnectAsync(_server, asked, capabilities: ["logs"]);
        await session.HearAsync(V1.ControlMessage.MessageOneofCase.Welcome);
        await TailHost.AssignAsync(_server, asked.Id);
        using var reader = TailReader.Start(_server.Admin, TailReader.Request());
        var order = (await session.HearAsync(V1.ControlMessage.MessageOneofCase.Tail)).Tail;

        var (code, reason, _) = await RefusalOfAsync(() => SupplyAsync(other, order.Id, "forged"));
        await SupplyAsync(asked, order.Id, "true");
        await reader.ReadAsync(() => false);

        Assert.Equal((StatusCode.NotFound, "TAIL_NOT_FOUND"), (code, reason));
        Assert.Equal(["true"], reader.Texts);
    }

    private async Task SupplyAsync(TestAgent agent, string id, string text)
    {
        using var supply = new V1.Logs.LogsClient(_server.ChannelWithCertificate(agent.Certificate))
            .Supply(cancellationToken: Cancellation);
        var line = new V1.LogLine { At = Noon.ToTimestamp(), Text = text, Cursor = "00000001-2" };
        await supply.RequestStream.WriteAsync(new() { Id = id }, Cancellation);
        await supply.RequestStream.WriteAsync(new() { Lines = { line }, AtEnd = true }, Cancellation);
        await supply.RequestStream.CompleteAsync();
        await supply.ResponseAsync;
    }

    private async Task<TailHost> AddAsync(string name)
    {
        var host = await TailHost.StartAsync(_server, name);
        _hosts.Add(host);
        return host;
    }

    private async Task<string> TokenAsync(string name, string scope) =>
        (await new V1.Tokens.TokensClient(_server.Admin).CreateAsync(
            new() { Name = name, Scopes = { scope }, TimeToLive = Duration.FromTimeSpan(TimeSpan.FromHours(1)) },
            cancellationToken: Cancellation)).Token;

    private async Task<(StatusCode Code, string Reason)> RefusalOfAsync(V1.TailLogsRequest request)
    {
        var (code, reason, _) = await RefusalOfAsync(() => TailReader.ReadAsync(_server.Admin, request));
        return (code, reason);
    }

    private static async Task<(StatusCode Code, string Reason, string Message)> RefusalOfAsync(Func<Task> call)
    {
        var refusal = await Assert.ThrowsAsync<RpcException>(call);
        var problem = Problem.From(refusal);
        return (refusal.StatusCode, problem.Reason, problem.Message);
    }
}
