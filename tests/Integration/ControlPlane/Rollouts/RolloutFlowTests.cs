using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Environments;
using Slipway.ControlPlane.Messaging;
using Slipway.Shared.Rpc;
using Tests.Integration.ControlPlane.Registry;
using Tests.Integration.Kit;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Rollouts;

/// <summary>Whole rollouts: a real control plane, real connections, and agents that only pretend to deploy.</summary>
public abstract class RolloutFlowTests(PostgresServer? postgres)
{
    private static readonly StrategySpec OneByOne = new() { ProgressDeadline = TimeSpan.FromSeconds(30) };

    private readonly TestStorage _storage = new(postgres);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_rollout_goes_from_start_to_success()
    {
        await using var host = await _storage.StartAsync();
        await Catalog.AddAsync(host, OneByOne);
        await Catalog.ReleaseAsync(host, "1.0.0");
        await using var first = await ConnectAsync(host, "web-1");
        await using var second = await ConnectAsync(host, "web-2");
        var rollouts = new V1.Rollouts.RolloutsClient(host.Admin);

        var started = await rollouts.StartAsync(Request("1.0.0"), cancellationToken: Cancellation);
        var ended = await EndAsync(rollouts, started.Id);

        Assert.Equal(V1.RolloutState.Succeeded, ended.State);
        Assert.All(ended.Targets, target => Assert.Equal(V1.DeploymentPhase.Committed, target.Phase));
        Assert.Equal(["1.0.0"], first.Versions);
        var history = await new V1.History.HistoryClient(host.Admin).ListAsync(
            new V1.ListHistoryRequest { RolloutId = started.Id, PageSize = 1 },
            cancellationToken: Cancellation);
        var deployment = Assert.Single(history.Deployments);
        Assert.Equal(
            [V1.DeploymentPhase.Assigned, V1.DeploymentPhase.Fetching, V1.DeploymentPhase.Staging,
                V1.DeploymentPhase.Starting, V1.DeploymentPhase.Verifying, V1.DeploymentPhase.Committed],
            deployment.Phases.Select(phase => phase.Phase));
        var rest = await new V1.History.HistoryClient(host.Admin).ListAsync(
            new V1.ListHistoryRequest { RolloutId = started.Id, PageToken = history.NextPageToken },
            cancellationToken: Cancellation);
        Assert.NotEqual(deployment.Id, Assert.Single(rest.Deployments).Id);
        var current = await new V1.Registry.RegistryClient(host.Admin).CurrentAsync(
            new V1.CurrentRequest { Application = "shop", Environment = "production", Platform = "linux/amd64" },
            cancellationToken: Cancellation);
        Assert.Equal("1.0.0", current.Release.Version);
    }

    [Fact]
    public async Task A_failed_deployment_stops_the_rollout_before_the_next_agent()
    {
        await using var host = await _storage.StartAsync();
        await Catalog.AddAsync(host, OneByOne);
        await Catalog.ReleaseAsync(host, "1.0.0");
        await using var first = await ConnectAsync(host, "web-1", Fails);
        await using var second = await ConnectAsync(host, "web-2", Fails);
        var rollouts = new V1.Rollouts.RolloutsClient(host.Admin);

        var started = await rollouts.StartAsync(Request("1.0.0"), cancellationToken: Cancellation);
        var ended = await EndAsync(rollouts, started.Id);

        Assert.Equal(V1.RolloutState.Failed, ended.State);
        Assert.Equal("1 failed, 0 may; web-1: It did not listen.", ended.Outcome);
        Assert.Empty(second.Versions);
    }

    [Fact]
    public async Task Abort_takes_back_the_agent_that_is_under_way()
    {
        await using var host = await _storage.StartAsync();
        await Catalog.AddAsync(host, OneByOne);
        await Catalog.ReleaseAsync(host, "1.0.0");
        await Catalog.ReleaseAsync(host, "2.0.0");
        await using var agent = await ConnectAsync(
            host,
            "web-1",
            agent => agent.Outcome = workload => workload.Version == "2.0.0" ? null : V1.DeploymentPhase.Committed);
        var rollouts = new V1.Rollouts.RolloutsClient(host.Admin);
        await EndAsync(rollouts, (await rollouts.StartAsync(Request("1.0.0"), cancellationToken: Cancellation)).Id);
        var second = await rollouts.StartAsync(Request("2.0.0"), cancellationToken: Cancellation);
        await UntilAsync(rollouts, second.Id, rollout => rollout.CurrentBatch == 1);

        await rollouts.AbortAsync(
            new V1.AbortRolloutRequest { Id = second.Id, Reason = "wrong one" },
            cancellationToken: Cancellation);
        var ended = await EndAsync(rollouts, second.Id);

        Assert.Equal(V1.RolloutState.Aborted, ended.State);
        Assert.EndsWith(": wrong one", ended.Outcome, StringComparison.Ordinal);
        Assert.Equal(["1.0.0", "1.0.0"], agent.Versions);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await rollouts.AbortAsync(
            new V1.AbortRolloutRequest { Id = second.Id },
            cancellationToken: Cancellation));
        Assert.Equal("ROLLOUT_ENDED", Problem.From(refused).Reason);
    }

    [Fact]
    public async Task An_agent_is_brought_up_to_date_by_one_application_at_most()
    {
        await using var host = await _storage.StartAsync();
        foreach (var name in (string[])["agents", "others"])
        {
            await Catalog.AddAsync(host, new() { Name = name, Runtime = new AgentSpec() }, OneByOne);
            await Catalog.ReleaseAsync(host, "1.0.0", application: name);
        }

        await using var agent = await ConnectAsync(host, "web-1");
        var rollouts = new V1.Rollouts.RolloutsClient(host.Admin);
        var request = Request("1.0.0");
        request.Application = "agents";
        var started = await rollouts.StartAsync(request, cancellationToken: Cancellation);
        Assert.Equal(V1.RolloutState.Succeeded, (await EndAsync(rollouts, started.Id)).State);
        var other = Request("1.0.0");
        other.Application = "others";

        Assert.Equal("AGENT_TAKEN", await RefusalAsync(rollouts, other));
    }

    [Fact]
    public async Task A_start_that_cannot_be_says_why()
    {
        await using var host = await _storage.StartAsync();
        await Catalog.AddAsync(host, OneByOne, new PolicySpec { Constraint = "<2" });
        await Catalog.ReleaseAsync(host, "1.0.0");
        await Catalog.ReleaseAsync(host, "2.0.0");
        var rollouts = new V1.Rollouts.RolloutsClient(host.Admin);

        Assert.Equal("NO_TARGETS", await RefusalAsync(rollouts, Request("1.0.0")));
        Assert.Equal("POLICY_REFUSES", await RefusalAsync(rollouts, Request("2.0.0")));
        Assert.Equal("RELEASE_NOT_FOUND", await RefusalAsync(rollouts, Request("3.0.0")));
        var moved = Request("1.0.0");
        moved.ExpectedCurrent = "0.9.0";
        Assert.Equal("CURRENT_MOVED", await RefusalAsync(rollouts, moved));
        var elsewhere = Request("1.0.0");
        elsewhere.Environment = "nowhere";
        Assert.Equal("ENVIRONMENT_NOT_FOUND", await RefusalAsync(rollouts, elsewhere));

        await using var silent = await ConnectAsync(host, "web-1", agent => agent.Outcome = _ => null);
        var keyed = Request("1.0.0");
        keyed.IdempotencyKey = "build-7";
        var started = await rollouts.StartAsync(keyed, cancellationToken: Cancellation);
        var again = await rollouts.StartAsync(keyed, cancellationToken: Cancellation);
        Assert.Equal(started.Id, again.Id);
        Assert.Equal("ROLLOUT_ACTIVE", await RefusalAsync(rollouts, Request("1.0.0")));
        var taking = Request("");
        taking.Supersede = true;
        var newer = await rollouts.StartAsync(taking, cancellationToken: Cancellation);
        Assert.Equal("1.0.0", newer.ToVersion);
        Assert.Equal(V1.RolloutState.Superseded, (await EndAsync(rollouts, started.Id)).State);
    }

    [Fact]
    public async Task An_automatic_policy_rolls_out_what_was_pushed_even_without_any_hint()
    {
        await using var host = await _storage.StartAsync(builder =>
            builder.Services.AddSingleton<IHintBus>(new DeafBus()));
        await Catalog.AddAsync(host, OneByOne, new PolicySpec { Mode = PolicyMode.Auto });
        await using var agent = await ConnectAsync(host, "web-1");
        await Catalog.ReleaseAsync(host, "1.0.0", announced: true);
        var rollouts = new V1.Rollouts.RolloutsClient(host.Admin);

        var ended = await FirstAsync(rollouts);

        Assert.Equal(V1.RolloutState.Succeeded, ended.State);
        Assert.Equal("system", ended.CreatedBy);
    }

    [Fact]
    public async Task A_control_plane_that_stops_in_the_middle_goes_on_where_it_was()
    {
        var folder = Directory.CreateTempSubdirectory("slipway-cp-").FullName;
        string id;
        TestAgent machine;
        await using (var host = await _storage.StartAsync(folder: folder))
        {
            await Catalog.AddAsync(host, OneByOne);
            await Catalog.ReleaseAsync(host, "1.0.0");
            machine = await TestAgent.EnrollAsync(host, "web-1", Catalog.Labels);
            await using var silent = await SessionAgent.ConnectAsync(
                host, machine, prepare: agent => agent.Outcome = _ => null);
            await silent.HearAsync(V1.ControlMessage.MessageOneofCase.Desired);
            var rollouts = new V1.Rollouts.RolloutsClient(host.Admin);
            id = (await rollouts.StartAsync(Request("1.0.0"), cancellationToken: Cancellation)).Id;
            await silent.HearAsync(V1.ControlMessage.MessageOneofCase.Desired);
        }

        await using var next = await _storage.StartAsync(folder: folder);
        await using var agent = await SessionAgent.ConnectAsync(next, machine);
        var ended = await EndAsync(new V1.Rollouts.RolloutsClient(next.Admin), id);

        Assert.Equal(V1.RolloutState.Succeeded, ended.State);
        Assert.Equal(["1.0.0"], agent.Versions);
        machine.Dispose();
    }

    [Fact]
    public async Task A_new_host_catches_up_with_its_environment()
    {
        await using var host = await _storage.StartAsync();
        await Catalog.AddAsync(host, OneByOne);
        await Catalog.ReleaseAsync(host, "1.0.0");
        await using var first = await ConnectAsync(host, "web-1");
        var rollouts = new V1.Rollouts.RolloutsClient(host.Admin);
        await EndAsync(rollouts, (await rollouts.StartAsync(Request("1.0.0"), cancellationToken: Cancellation)).Id);

        await using var late = await ConnectAsync(host, "web-2");
        var desired = await NonEmptyAsync(late);

        Assert.Equal("1.0.0", Assert.Single(desired.Workloads).Version);
        Assert.Equal("NOTHING_TO_DO", await EventuallyRefusedAsync(rollouts, Request("1.0.0")));
    }

    private static void Fails(SessionAgent agent) => agent.Outcome = _ => V1.DeploymentPhase.Failed;

    private static V1.StartRolloutRequest Request(string version) =>
        new() { Application = Catalog.Application, Environment = Catalog.Environment, Version = version };

    private static async Task<SessionAgent> ConnectAsync(
        ControlPlaneHost host,
        string name,
        Action<SessionAgent>? prepare = null)
    {
        var machine = await TestAgent.EnrollAsync(host, name, Catalog.Labels);
        var agent = await SessionAgent.ConnectAsync(host, machine, prepare: prepare);
        await agent.HearAsync(V1.ControlMessage.MessageOneofCase.Welcome);
        return agent;
    }

    private static Task<V1.Rollout> EndAsync(V1.Rollouts.RolloutsClient rollouts, string id) =>
        UntilAsync(rollouts, id, rollout => rollout.FinishedAt is not null);

    private static async Task<V1.Rollout> UntilAsync(
        V1.Rollouts.RolloutsClient rollouts,
        string id,
        Func<V1.Rollout, bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        using var watch = rollouts.Watch(new V1.GetRolloutRequest { Id = id }, cancellationToken: limit.Token);
        await foreach (var rollout in watch.ResponseStream.ReadAllAsync(limit.Token))
        {
            if (condition(rollout))
            {
                return rollout;
            }
        }

        throw new InvalidOperationException("The rollout ended otherwise.");
    }

    private static async Task<V1.Rollout> FirstAsync(V1.Rollouts.RolloutsClient rollouts)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            var list = await rollouts.ListAsync(new V1.ListRolloutsRequest(), cancellationToken: limit.Token);
            if (list.Rollouts is [var rollout])
            {
                return await EndAsync(rollouts, rollout.Id);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, limit.Token);
        }
    }

    private static async Task<V1.Desired> NonEmptyAsync(SessionAgent agent)
    {
        while (true)
        {
            var message = await agent.HearAsync(V1.ControlMessage.MessageOneofCase.Desired);
            if (message.Desired.Workloads.Count > 0)
            {
                return message.Desired;
            }
        }
    }

    private static async Task<string> RefusalAsync(V1.Rollouts.RolloutsClient rollouts, V1.StartRolloutRequest request)
    {
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await rollouts.StartAsync(request, cancellationToken: Cancellation));
        return Problem.From(refused).Reason;
    }

    // The late host's last report may still be on its way.
    private static async Task<string> EventuallyRefusedAsync(
        V1.Rollouts.RolloutsClient rollouts,
        V1.StartRolloutRequest request)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            try
            {
                var started = await rollouts.StartAsync(request, cancellationToken: Cancellation);
                await EndAsync(rollouts, started.Id);
            }
            catch (RpcException refused)
            {
                return Problem.From(refused).Reason;
            }
        }

        return "";
    }

    private sealed class DeafBus : IHintBus
    {
        private readonly InProcessHintBus _nobody = new();

        public void Publish(string topic)
        {
        }

        public HintSubscription Subscribe(string topicPrefix) => _nobody.Subscribe(topicPrefix);
    }
}

public sealed class SqliteRolloutFlowTests() : RolloutFlowTests(postgres: null);

public sealed class PostgresRolloutFlowTests(PostgresServer server)
    : RolloutFlowTests(server), IClassFixture<PostgresServer>;
