using Slipway.ControlPlane.Applications;
using Slipway.Shared.Rpc;

namespace Tests.Unit.ControlPlane.Applications;

public class KindRulesTests
{
    private static readonly HookSpec Hook = new(["./build"], HookSpec.DefaultTimeout);
    private static readonly ServerSpec Server = new() { Command = ["./shop"], Readiness = new(ReadinessKind.Alive) };

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
    public void An_application_keeps_its_kind()
    {
        var assets = Of(new AssetsSpec());

        var problem = Assert.Throws<ProblemException>(() => ApplicationRules.DemandKind(Of(Server), assets));

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
        var server = SpecJson.Write<RuntimeSpec>(Server);

        Assert.Equal((assets.Link, "./build"), (read.Link, read.Before!.Command[0]));
        Assert.IsType<ServerSpec>(SpecJson.Read<RuntimeSpec>(server));
    }

    private static ApplicationSpec Of(RuntimeSpec runtime) => new() { Name = "shop", Runtime = runtime };

    private static IEnumerable<string> FieldsOf(RuntimeSpec runtime)
    {
        var violations = new FieldViolations();
        ApplicationRules.Check(Of(runtime), violations);
        return violations.Found.Select(violation => violation.Field);
    }
}
