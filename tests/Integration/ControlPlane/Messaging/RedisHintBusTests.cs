using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Slipway.ControlPlane.Messaging;
using Tests.Integration.Kit;

namespace Tests.Integration.ControlPlane.Messaging;

public class RedisHintBusTests
{
    [Fact]
    public async Task A_hint_reaches_the_other_replica_and_its_own_subscribers_once()
    {
        await using var redis = RedisServer.Start();
        using var here = Bus(redis);
        using var there = Bus(redis);
        using var near = here.Subscribe("agent/");
        using var far = there.Subscribe("agent/");
        await here.StartAsync(TestContext.Current.CancellationToken);
        await there.StartAsync(TestContext.Current.CancellationToken);
        Assert.Contains(HintSubscription.All, await NextAsync(near));
        Assert.Contains(HintSubscription.All, await NextAsync(far));

        here.Publish("rollout/1");
        here.Publish("agent/1");

        Assert.Equal(["agent/1"], await NextAsync(far));
        Assert.Equal(["agent/1"], await NextAsync(near));
        await here.StopAsync(TestContext.Current.CancellationToken);
        await there.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Without_Redis_hints_still_reach_this_replica()
    {
        var options = Options.Create(new RedisOptions { Configuration = "127.0.0.1:1,connectTimeout=100" });
        using var bus = new RedisHintBus(options, TimeProvider.System, NullLogger<RedisHintBus>.Instance);
        using var near = bus.Subscribe("agent/");

        bus.Publish("agent/1");

        Assert.Equal(["agent/1"], await NextAsync(near));
    }

    private static Task<IReadOnlySet<string>> NextAsync(HintSubscription subscription) => subscription.NextAsync(
        TimeSpan.FromSeconds(20),
        TimeProvider.System,
        TestContext.Current.CancellationToken);

    private static RedisHintBus Bus(RedisServer redis) => new(
        Options.Create(new RedisOptions { Configuration = redis.Configuration }),
        TimeProvider.System,
        NullLogger<RedisHintBus>.Instance);
}
