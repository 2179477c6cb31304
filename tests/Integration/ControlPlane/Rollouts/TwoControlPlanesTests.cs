using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Slipway.ControlPlane.Environments;
using Slipway.ControlPlane.Messaging;
using Tests.Integration.ControlPlane.Registry;
using Tests.Integration.Kit;
using V1 = Slipway.Contracts.V1;
using Word = Slipway.Contracts.V1.ControlMessage.MessageOneofCase;

namespace Tests.Integration.ControlPlane.Rollouts;

/// <summary>Two control planes with one authority, on one PostgreSQL and one Redis.</summary>
public class TwoControlPlanesTests(PostgresServer postgres) : IClassFixture<PostgresServer>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_started_at_one_reaches_the_agents_of_the_other_by_its_hint()
    {
        await using var redis = RedisServer.Start();
        var storage = new TestStorage(postgres);

        // No time passes here, so that nothing but the other one's hint can make it look.
        await using var here = await storage.StartAsync(builder =>
        {
            builder.Services.AddSingleton<TimeProvider>(new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
            Configure(builder);
        });
        var folder = CopyOf(here.Folder);
        await using (var there = await storage.StartAsync(Configure, folder))
        {
            await Task.WhenAll(UntilHeardAsync(here, there), UntilHeardAsync(there, here));
            await Catalog.AddAsync(here, new StrategySpec());
            await Catalog.ReleaseAsync(here, "1.0.0");
            using var machine = await TestAgent.EnrollAsync(there, "web-1", Catalog.Labels);
            await using var agent = await SessionAgent.ConnectAsync(here, machine);
            await agent.HearAsync(Word.Desired);
            var rollouts = new V1.Rollouts.RolloutsClient(there.Admin);

            var started = await rollouts.StartAsync(
                new V1.StartRolloutRequest { Application = Catalog.Application, Environment = Catalog.Environment },
                cancellationToken: Cancellation);
            var told = await agent.HearAsync(Word.Desired);

            Assert.Equal("1.0.0", Assert.Single(told.Desired.Workloads).Version);
            Assert.Equal(V1.RolloutState.Succeeded, (await EndAsync(rollouts, started.Id)).State);
        }

        Directory.Delete(folder, recursive: true);

        void Configure(WebApplicationBuilder builder) => builder.Configuration.AddInMemoryCollection(
            [new("Redis:Configuration", redis.Configuration)]);
    }

    // The authority is the first one's, and so is the administrator's token.
    internal static string CopyOf(string folder)
    {
        var copy = Directory.CreateTempSubdirectory("slipway-cp-").FullName;
        Directory.CreateDirectory(Path.Combine(copy, "pki"));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(folder, "pki")))
        {
            File.Copy(file, Path.Combine(copy, "pki", Path.GetFileName(file)));
        }

        File.Copy(Path.Combine(folder, "admin.token"), Path.Combine(copy, "admin.token"));
        return copy;
    }

    // They connect to Redis while they already serve.
    internal static async Task UntilHeardAsync(ControlPlaneHost speaker, ControlPlaneHost listener)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var heard = listener.Services.GetRequiredService<IHintBus>().Subscribe("test/");
        var topic = $"test/{speaker.Address.Port}";
        var pause = TimeSpan.FromMilliseconds(50);
        do
        {
            speaker.Services.GetRequiredService<IHintBus>().Publish(topic);
        }
        while (!(await heard.NextAsync(pause, TimeProvider.System, limit.Token)).Contains(topic));
    }

    private static async Task<V1.Rollout> EndAsync(V1.Rollouts.RolloutsClient rollouts, string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var watch = rollouts.Watch(new V1.GetRolloutRequest { Id = id }, cancellationToken: limit.Token);
        await foreach (var rollout in watch.ResponseStream.ReadAllAsync(limit.Token))
        {
            if (rollout.FinishedAt is not null)
            {
                return rollout;
            }
        }

        throw new InvalidOperationException("The watch ended before the rollout.");
    }
}
