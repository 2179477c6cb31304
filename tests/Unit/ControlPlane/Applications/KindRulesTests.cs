using Slipway.ControlPlane.Applications;
using Slipway.Shared.Rpc;

namespace Tests.Unit.ControlPlane.Applications;

public class KindRulesTests
{
    private static readonly HookSpec Hook = new(["./build"], HookSpec.DefaultTimeout);

    [Theory]
    [InlineData("")]
    [InlineData("/srv/www/shop/current")]
    [InlineData("/current")]
    public void A_good_link_is_taken(string link) => Assert.Empty(FieldsOf(new AssetsSpec { Link = link }));

    [Theory]
    [InlineData("current")]
    [InlineData("/")]
    [InlineData("/srv/www/")]
    [InlineData("/srv//www")]
    [InlineData("/srv/../etc/passwd")]
    [InlineData("/srv/./www")]
    [InlineData("/srv/www\n")]
    public void A_bad_link_is_refused(string link) =>
        Assert.Equal(["assets.link"], FieldsOf(new AssetsSpec { Link = link }));

    [Fact]
    public void A_hook_needs_a_program_and_a_time() => Assert.Equal(
        ["assets.before.command", "assets.after.timeout"],
        FieldsOf(new AssetsSpec
        {
            Before = Hook with { Command = [] },
            After = Hook with { Timeout = TimeSpan.Zero },
        }));

    [Fact]
    public void Variables_and_releases_of_files_follow_the_same_rules_as_those_of_servers() => Assert.Equal(
        ["assets.environment.SLIPWAY_X", "assets.keep_releases"],
        FieldsOf(new AssetsSpec
        {
            Environment = new Dictionary<string, string> { ["SLIPWAY_X"] = "" },
            KeepReleases = 101,
        }));

    [Fact]
    public void An_agent_has_bounds_of_time() => Assert.Equal(
        ["agent.start_timeout", "agent.confirm_timeout"],
        FieldsOf(new AgentSpec { StartTimeout = TimeSpan.Zero, ConfirmTimeout = TimeSpan.FromDays(1) }));

    [Fact]
    public void An_application_keeps_its_kind()
    {
        var assets = Of(new AssetsSpec());

        var problem = Assert.Throws<ProblemException>(() => ApplicationRules.DemandKind(Of(new AgentSpec()), assets));

        Assert.Equal("INVALID_FIELD", problem.Problem.Reason);
        Assert.Contains("make another application", problem.Problem.Message, StringComparison.Ordinal);
        ApplicationRules.DemandKind(stored: null, assets);
        ApplicationRules.DemandKind(assets, assets);
    }

    [Fact]
    public void Every_kind_is_stored_and_read_as_what_it_is()
    {
        var assets = new AssetsSpec { Link = "/srv/current", Before = Hook };
        var read = Assert.IsType<AssetsSpec>(SpecJson.Read<RuntimeSpec>(SpecJson.Write<RuntimeSpec>(assets)));
        var agent = SpecJson.Write<RuntimeSpec>(new AgentSpec());

        Assert.Equal((assets.Link, "./build"), (read.Link, read.Before!.Command[0]));
        Assert.IsType<AgentSpec>(SpecJson.Read<RuntimeSpec>(agent));
        Assert.StartsWith(SpecJson.AgentMark, agent, StringComparison.Ordinal);
    }

    private static ApplicationSpec Of(RuntimeSpec runtime) => new() { Name = "shop", Runtime = runtime };

    private static IEnumerable<string> FieldsOf(RuntimeSpec runtime)
    {
        var violations = new FieldViolations();
        ApplicationRules.Check(Of(runtime), violations);
        return violations.Found.Select(violation => violation.Field);
    }
}
