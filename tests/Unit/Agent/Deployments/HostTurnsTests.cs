using Slipway.Agent.Deployments;

namespace Tests.Unit.Agent.Deployments;

public class HostTurnsTests
{
    private static readonly WorkloadKey Shop = new("shop", "production");
    private static readonly WorkloadKey Blog = new("blog", "production");
    private static readonly WorkloadKey Self = new("slipway-agent", "production");

    private readonly HostTurns _turns = new();

    [Fact]
    public void Deployments_run_side_by_side_and_an_upgrade_waits_for_all_of_them()
    {
        Assert.True(_turns.TryEnter(Shop, isUpgrade: false));
        Assert.True(_turns.TryEnter(Blog, isUpgrade: false));
        _turns.Leave(Shop);

        Assert.False(_turns.TryEnter(Self, isUpgrade: true));
        _turns.Leave(Blog);
        Assert.True(_turns.TryEnter(Self, isUpgrade: true));
    }

    [Fact]
    public void An_upgrade_is_alone_until_it_has_ended()
    {
        Assert.True(_turns.TryEnter(Self, isUpgrade: true));
        Assert.True(_turns.TryEnter(Self, isUpgrade: true));

        Assert.True(_turns.IsTaken(Shop, isUpgrade: false));
        Assert.False(_turns.TryEnter(Shop, isUpgrade: false));
        _turns.Leave(Self);
        Assert.True(_turns.TryEnter(Shop, isUpgrade: false));
    }
}
