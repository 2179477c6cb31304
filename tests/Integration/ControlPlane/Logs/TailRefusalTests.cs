using Grpc.Core;
using Slipway.ControlPlane.Environments;
using Slipway.Shared.Rpc;
using Tests.Integration.ControlPlane.Registry;
using Tests.Integration.ControlPlane.Rollouts;
using Tests.Integration.Deployctl;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Logs;

/// <summary>Agents that do not supply their logs, and what the reader is told of it.</summary>
public sealed class TailRefusalTests : IAsyncLifetime
{
    private const int MostAtOnce = 16;
    private ControlPlaneHost _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await ControlPlaneHost.StartAsync(TestContext.Current.CancellationToken);
        await Catalog.AddAsync(_server, new StrategySpec());
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task An_agent_that_supplies_as_many_logs_as_it_can_says_so_and_goes_on_when_one_has_ended()
    {
        await using var host = await TailHost.StartAsync(_server, "web-1");
        host.Say("one");
        var readers = new List<TailReader>();
        using var person = Operator.Of(_server);
        try
        {
            while (readers.Count < MostAtOnce)
            {
                readers.Add(TailReader.Start(_server.Admin, TailReader.Request(follow: true)));
                await readers[^1].ReadAsync("one");
            }

            var refusal = await Assert.ThrowsAsync<RpcException>(
                () => TailReader.ReadAsync(_server.Admin, TailReader.Request()));
            var (exitCode, _, error) = await person.RunAsync("logs", "shop", "-e", "production");
            using var patient = TailReader.Start(_server.Admin, TailReader.Request(follow: true));
            await patient.ReadAsync(() => patient.Notices.Count > 0);
            readers[0].Dispose();
            await patient.ReadAsync("one");

            Assert.Equal(
                (StatusCode.ResourceExhausted, "TOO_MANY_TAILS"),
                (refusal.StatusCode, Problem.From(refusal).Reason));
            Assert.Equal(4, exitCode);
            Assert.Equal(
                "error: web-1: it supplies 16 logs at once, its most: end another reader, or try again later. "
                    + "(TOO_MANY_TAILS)",
                error.Split('\n')[0]);
            Assert.Equal("TOO_MANY_TAILS", patient.Notices[0].Reason);
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }

    [Fact]
    public async Task An_agent_that_was_asked_and_supplies_nothing_is_named()
    {
        using var machine = await TestAgent.EnrollAsync(_server, "web-1");
        await using var session = await SessionAgent.ConnectAsync(_server, machine, capabilities: ["logs"]);
        await session.HearAsync(V1.ControlMessage.MessageOneofCase.Welcome);
        await TailHost.AssignAsync(_server, machine.Id);

        var refusal = await Assert.ThrowsAsync<RpcException>(
            () => TailReader.ReadAsync(_server.Admin, TailReader.Request()));

        Assert.Equal(
            ("AGENT_SILENT", "web-1 was asked for the log and does not supply it: see what its agent says."),
            (Problem.From(refusal).Reason, Problem.From(refusal).Message));
    }

    [Fact]
    public async Task A_cursor_of_an_agent_that_is_not_read_is_named_and_the_others_are_read()
    {
        await using var host = await TailHost.StartAsync(_server, "web-1");
        host.Say("one");
        var request = TailReader.Request();
        request.Cursors["web-7"] = "00000001-2";

        var reader = await TailReader.ReadAsync(_server.Admin, request);

        Assert.Equal(["one"], reader.Texts);
        var notice = Assert.Single(reader.Notices);
        Assert.Equal(
            ("CURSOR_UNUSED", "web-7 is not read: its cursor is not used."), (notice.Reason, notice.Message));
    }
}
