using Slipway.ControlPlane.Identity;
using Slipway.Shared.Rpc;

namespace Tests.Unit.ControlPlane.Identity;

public class CallerTests
{
    [Theory]
    [InlineData("admin", "apply", "shop", true)]
    [InlineData("admin", "read", null, true)]
    [InlineData("apply", "apply", "shop", true)]
    [InlineData("apply:shop", "apply", "shop", true)]
    [InlineData("apply:shop", "apply", "blog", false)]
    [InlineData("apply:shop", "apply", null, false)]
    [InlineData("apply:shop", "release.push", "shop", false)]
    [InlineData("read", "read", "shop", true)]
    [InlineData("read", "apply", "shop", false)]
    [InlineData("rollout.start:shop", "read", "shop", true)]
    [InlineData("rollout.start:shop", "read", "blog", false)]
    [InlineData("rollout.start", "read", null, false)]
    public void A_scope_allows_what_it_names(string held, string asked, string? application, bool allowed)
    {
        var caller = Caller.Token("1", "ci", [held], "");

        Assert.Equal(allowed, caller.May(asked, application));
    }

    [Fact]
    public void A_refusal_names_the_missing_scope()
    {
        var caller = Caller.Token("1", "ci", ["read"], "");

        var refusal = Assert.Throws<ProblemException>(() => caller.Demand("release.push", "shop")).Problem;

        Assert.Equal(("PERMISSION_DENIED", "release.push:shop"), (refusal.Reason, refusal.Metadata["scope"]));
    }

    [Fact]
    public void An_agent_may_nothing_that_needs_a_scope()
    {
        var caller = Caller.Agent(Guid.CreateVersion7(), "web-1", "");

        Assert.False(caller.May(Caller.Read));
        Assert.Equal(("agent:web-1", "web-1"), (caller.Actor, caller.Name));
    }
}
