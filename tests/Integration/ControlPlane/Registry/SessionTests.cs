using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Slipway.ControlPlane.Environments;
using Slipway.Shared.Rpc;
using Tests.Integration.ControlPlane.Rollouts;
using Tests.Integration.Kit;
using V1 = Slipway.Contracts.V1;
using Word = Slipway.Contracts.V1.ControlMessage.MessageOneofCase;

namespace Tests.Integration.ControlPlane.Registry;

public abstract class SessionTests(PostgresServer? postgres)
{
    private readonly TestStorage _storage = new(postgres);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_known_desired_state_is_not_sent_again()
    {
        await using var host = await StartAsync(heartbeat: "00:00:00.2");
        using var machine = await TestAgent.EnrollAsync(host, "web-1");
        V1.ResumeToken token;
        await using (var first = await SessionAgent.ConnectAsync(host, machine))
        {
            token = (await first.HearAsync(Word.Desired)).Desired.Token;
        }

        await using var second = await SessionAgent.ConnectAsync(host, machine, token);

        await second.HearAsync(Word.Welcome);
        var next = await second.Heard.ReadAsync(Cancellation);
        Assert.Equal(Word.Heartbeat, next.MessageCase);
    }

    [Fact]
    public async Task The_newest_session_of_an_agent_wins()
    {
        await using var host = await StartAsync();
        using var machine = await TestAgent.EnrollAsync(host, "web-1");
        await using var old = await SessionAgent.ConnectAsync(host, machine);
        await old.HearAsync(Word.Desired);

        await using var newer = await SessionAgent.ConnectAsync(host, machine);
        await newer.HearAsync(Word.Desired);

        Assert.Equal("DUPLICATE_SESSION", Problem.From(await old.RefusalAsync()).Reason);
        var agents = new V1.Agents.AgentsClient(host.Admin);
        var agent = await agents.GetAsync(new V1.GetAgentRequest { Id = "web-1" }, cancellationToken: Cancellation);
        Assert.Equal(V1.Agent.Types.Status.Online, agent.Status);
    }

    [Fact]
    public async Task An_agent_that_knows_more_than_the_tables_raises_the_epoch()
    {
        await using var host = await StartAsync();
        using var machine = await TestAgent.EnrollAsync(host, "web-1");

        await using var agent = await SessionAgent.ConnectAsync(
            host, machine, new V1.ResumeToken { Epoch = 41, Revision = 7 });

        Assert.Equal(42UL, (await agent.HearAsync(Word.Welcome)).Welcome.Epoch);
        Assert.Equal(42UL, (await agent.HearAsync(Word.Desired)).Desired.Token.Epoch);
    }

    [Fact]
    public async Task An_agent_of_another_protocol_is_told_to_upgrade()
    {
        await using var host = await StartAsync();
        using var machine = await TestAgent.EnrollAsync(host, "web-1");

        await using var agent = await SessionAgent.ConnectAsync(host, machine, protocol: 9);

        Assert.Equal("AGENT_TOO_OLD", Problem.From(await agent.RefusalAsync()).Reason);
    }

    [Fact]
    public async Task Reports_of_unknown_deployments_are_acknowledged()
    {
        await using var host = await StartAsync();
        using var machine = await TestAgent.EnrollAsync(host, "web-1");
        await using var agent = await SessionAgent.ConnectAsync(host, machine);

        await agent.ReportAsync("0197c000-0000-7000-8000-000000000000", 3, V1.DeploymentPhase.Committed);

        Assert.Equal(3U, (await agent.HearAsync(Word.ReportAck)).ReportAck.Sequence);
    }

    [Fact]
    public async Task A_commits_report_keeps_what_the_agent_has_seen_of_it()
    {
        await using var host = await StartAsync();
        await Catalog.AddAsync(host, new StrategySpec());
        await Catalog.ReleaseAsync(host, "1.0.0");
        using var machine = await TestAgent.EnrollAsync(host, "web-1", Catalog.Labels);
        await using var agent = await SessionAgent.ConnectAsync(
            host, machine, prepare: agent => agent.Outcome = _ => null);
        await agent.HearAsync(Word.Welcome);
        await new V1.Rollouts.RolloutsClient(host.Admin).StartAsync(
            new V1.StartRolloutRequest { Application = "shop", Environment = "production" },
            cancellationToken: Cancellation);
        var workload = await WorkloadAsync(agent);
        var status = new V1.WorkloadStatus
        {
            Application = workload.Application,
            Environment = workload.Environment,
            Generation = workload.Generation,
            Healthy = true,
            Pids = { 42 },
            RunningVersion = "1.0.0",
        };

        await agent.SayAsync(new V1.AgentMessage { Observed = new V1.ObservedState { Workloads = { status } } });
        await agent.ReportAsync(workload.DeploymentId, 1, V1.DeploymentPhase.Committed);
        await agent.HearAsync(Word.ReportAck);

        var seen = await new V1.Agents.AgentsClient(host.Admin).GetAsync(
            new V1.GetAgentRequest { Id = "web-1" }, cancellationToken: Cancellation);
        Assert.Equal(42, Assert.Single(Assert.Single(seen.Workloads).Observed.Pids));
    }

    [Fact]
    public async Task How_a_committed_program_ended_stands_in_the_history_once()
    {
        await using var host = await StartAsync();
        await Catalog.AddAsync(host, new StrategySpec());
        await Catalog.ReleaseAsync(host, "1.0.0");
        using var machine = await TestAgent.EnrollAsync(host, "web-1", Catalog.Labels);
        await using var agent = await SessionAgent.ConnectAsync(
            host, machine, prepare: agent => agent.Outcome = _ => null);
        await agent.HearAsync(Word.Welcome);
        await new V1.Rollouts.RolloutsClient(host.Admin).StartAsync(
            new V1.StartRolloutRequest { Application = "shop", Environment = "production" },
            cancellationToken: Cancellation);
        var workload = await WorkloadAsync(agent);
        await agent.ReportAsync(workload.DeploymentId, 1, V1.DeploymentPhase.Committed);

        var output = new string('x', 2000) + "no luck";
        foreach (var run in (uint[])[1, 2, 2, 7, 1, 9])
        {
            await agent.EndAsync(workload.DeploymentId, run, output);
        }

        // Not the deployment's agent: who is not asked is not believed.
        using var stranger = await TestAgent.EnrollAsync(host, "web-2");
        await using var other = await SessionAgent.ConnectAsync(host, stranger);
        await other.EndAsync(workload.DeploymentId, 11, "");
        await other.HearAsync(Word.ReportAck);
        await agent.HearAckAsync(1009);

        var history = new V1.History.HistoryClient(host.Admin);
        var listed = await history.ListAsync(
            new V1.ListHistoryRequest { Application = "shop" }, cancellationToken: Cancellation);
        var brief = Assert.Single(listed.Deployments);
        Assert.Equal(V1.DeploymentPhase.Committed, brief.Phase);
        Assert.Equal("", brief.Output);
        Assert.Equal([2U, 7U, 9U], brief.Ends.Select(end => end.Run));
        Assert.Equal(output[^1024..], brief.Ends[0].Output);
        var found = await history.ListAsync(
            new V1.ListHistoryRequest { Id = brief.Id }, cancellationToken: Cancellation);
        var whole = Assert.Single(found.Deployments);
        Assert.Equal([1U, 2U, 7U, 9U], whole.Ends.Select(end => end.Run));
        var last = whole.Ends[^1];
        Assert.Equal((V1.FailureReason.Signalled, 8U, output), (last.Reason, last.Restarts, last.Output));
        Assert.Equal("Ended by signal KILL.", last.Detail);
    }

    [Fact]
    public async Task An_agent_that_comes_with_too_many_others_is_told_when_to_come_back()
    {
        await using var host = await _storage.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
            builder.Configuration.AddInMemoryCollection([new("Registry:SessionsPerSecond", "1")]);
        });
        using var machine = await TestAgent.EnrollAsync(host, "web-1");
        await using var first = await SessionAgent.ConnectAsync(host, machine);
        await first.HearAsync(Word.Welcome);

        await using var second = await SessionAgent.ConnectAsync(host, machine);

        var refusal = Problem.From(await second.RefusalAsync());
        Assert.Equal(("TOO_MANY_SESSIONS", TimeSpan.FromSeconds(5)), (refusal.Reason, refusal.RetryAfter));
    }

    [Fact]
    public async Task A_message_that_is_too_large_ends_the_session()
    {
        await using var host = await StartAsync();
        using var machine = await TestAgent.EnrollAsync(host, "web-1");
        await using var agent = await SessionAgent.ConnectAsync(host, machine);
        await agent.HearAsync(Word.Welcome);
        var status = new V1.WorkloadStatus { Detail = new string('x', 100_000) };

        await agent.SayAsync(new V1.AgentMessage { Observed = new V1.ObservedState { Workloads = { status } } });

        Assert.Equal("MESSAGE_TOO_LARGE", Problem.From(await agent.RefusalAsync()).Reason);
    }

    [Fact]
    public async Task A_session_that_is_old_is_asked_to_come_anew()
    {
        await using var host = await StartAsync(heartbeat: "00:00:00.2", maxAge: "00:00:01");
        using var machine = await TestAgent.EnrollAsync(host, "web-1");
        await using var agent = await SessionAgent.ConnectAsync(host, machine);

        var drain = (await agent.HearAsync(Word.Drain)).Drain;

        Assert.Equal(TimeSpan.FromSeconds(30).ToDuration(), drain.ReconnectMax);
    }

    [Fact]
    public async Task A_stopping_control_plane_says_goodbye()
    {
        await using var host = await StartAsync();
        using var machine = await TestAgent.EnrollAsync(host, "web-1");
        await using var agent = await SessionAgent.ConnectAsync(host, machine);
        await agent.HearAsync(Word.Desired);

        var stopping = host.StopAsync(Cancellation);
        var drain = await agent.HearAsync(Word.Drain);
        await agent.DisposeAsync();
        await stopping;

        Assert.Equal("the control plane is stopping", drain.Drain.Reason);
    }

    [Fact]
    public async Task A_removed_agent_is_sent_away()
    {
        await using var host = await StartAsync();
        using var machine = await TestAgent.EnrollAsync(host, "web-1");
        await using var agent = await SessionAgent.ConnectAsync(host, machine);
        await agent.HearAsync(Word.Desired);

        await new V1.Agents.AgentsClient(host.Admin).RemoveAsync(
            new V1.RemoveAgentRequest { Id = "web-1" },
            cancellationToken: Cancellation);

        Assert.Equal("AGENT_REMOVED", Problem.From(await agent.RefusalAsync()).Reason);
    }

    [Fact]
    public async Task Watchers_of_an_environment_hear_of_its_next_release()
    {
        await using var host = await StartAsync();
        await Catalog.AddAsync(host, new StrategySpec());
        await Catalog.ReleaseAsync(host, "1.0.0");
        using var machine = await TestAgent.EnrollAsync(host, "web-1", Catalog.Labels);
        await using var agent = await SessionAgent.ConnectAsync(host, machine);
        await agent.HearAsync(Word.Welcome);
        var request = new V1.CurrentRequest { Application = "shop", Environment = "production" };
        var registry = new V1.Registry.RegistryClient(host.Admin);
        var early = await Assert.ThrowsAsync<Grpc.Core.RpcException>(
            async () => await registry.CurrentAsync(request, cancellationToken: Cancellation));
        await new V1.Rollouts.RolloutsClient(host.Admin).StartAsync(
            new V1.StartRolloutRequest { Application = "shop", Environment = "production" },
            cancellationToken: Cancellation);

        var current = await UntilThereAsync(registry, request);

        Assert.Equal("NO_RELEASE", Problem.From(early).Reason);
        Assert.Equal("1.0.0", current.Release.Version);
    }

    private static async Task<V1.Workload> WorkloadAsync(SessionAgent agent)
    {
        while (true)
        {
            if ((await agent.HearAsync(Word.Desired)).Desired.Workloads is [var workload])
            {
                return workload;
            }
        }
    }

    private static async Task<V1.CurrentRelease> UntilThereAsync(
        V1.Registry.RegistryClient registry,
        V1.CurrentRequest request)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            try
            {
                using var watch = registry.Watch(request, cancellationToken: limit.Token);
                await watch.ResponseStream.MoveNext(limit.Token);
                return watch.ResponseStream.Current;
            }
            catch (Grpc.Core.RpcException refused) when (Problem.From(refused).Reason == "NO_RELEASE")
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
            }
        }
    }

    private Task<ControlPlaneHost> StartAsync(string heartbeat = "00:00:15", string maxAge = "00:45:00") =>
        _storage.StartAsync(builder => builder.Configuration.AddInMemoryCollection(
        [
            new("Registry:HeartbeatInterval", heartbeat),
            new("Registry:MaxAge", maxAge),
        ]));
}

public sealed class SqliteSessionTests() : SessionTests(postgres: null);

public sealed class PostgresSessionTests(PostgresServer server) : SessionTests(server), IClassFixture<PostgresServer>;
