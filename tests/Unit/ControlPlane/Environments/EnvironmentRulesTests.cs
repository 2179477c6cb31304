using Slipway.ControlPlane.Applications;
using Slipway.ControlPlane.Environments;
using Slipway.Shared.Rpc;

namespace Tests.Unit.ControlPlane.Environments;

public class EnvironmentRulesTests
{
    private static readonly EnvironmentSpec Production = new()
    {
        Application = "shop",
        Name = "production",
        Selector = new Dictionary<string, string> { ["role"] = "web" },
    };

    [Fact]
    public void A_plain_environment_is_taken() => Assert.Empty(FieldsOf(Production));

    [Fact]
    public void A_selector_names_a_label() =>
        Assert.Equal(["selector"], FieldsOf(Production with { Selector = new Dictionary<string, string>() }));

    [Theory]
    [InlineData("self.platform", "linux")]
    [InlineData("role", "")]
    [InlineData("ro le", "web")]
    public void A_label_must_be_one_that_can_match(string key, string value) => Assert.Equal(
        [$"selector.{key}"],
        FieldsOf(Production with { Selector = new Dictionary<string, string> { [key] = value } }));

    [Fact]
    public void A_policy_is_checked_word_by_word() => Assert.Equal(
        ["policy.constraint", "policy.deny[0]", "policy.pin", "policy.mode"],
        FieldsOf(Production with
        {
            Policy = new() { Constraint = "banana", Deny = ["v1"], Pin = "1", Mode = (PolicyMode)9 },
        }));

    [Fact]
    public void A_pinned_version_must_not_be_denied() => Assert.Equal(
        ["policy.pin"],
        FieldsOf(Production with { Policy = new() { Deny = ["1.0.0"], Pin = "1.0.0" } }));

    [Fact]
    public void A_strategy_is_checked_word_by_word() => Assert.Equal(
        [
            "strategy.rolling.batch_size", "strategy.rolling.max_unavailable", "strategy.bake",
            "strategy.progress_deadline", "strategy.max_failures",
        ],
        FieldsOf(Production with
        {
            Strategy = new()
            {
                BatchSize = "0",
                MaxUnavailable = "101%",
                Bake = TimeSpan.FromDays(8),
                ProgressDeadline = TimeSpan.Zero,
                MaxFailures = -1,
            },
        }));

    [Theory]
    [InlineData("2", 10, 2)]
    [InlineData("25%", 10, 2)]
    [InlineData("25%", 3, 1)]
    [InlineData("100%", 7, 7)]
    public void A_share_is_rounded_down_but_never_to_nothing(string text, int total, int expected)
    {
        Assert.True(Share.TryParse(text, out var share));
        Assert.Equal(expected, share.Of(total));
        Assert.Equal(text, share.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("half")]
    public void What_is_no_share_is_refused(string? text) => Assert.False(Share.TryParse(text, out _));

    [Fact]
    public void The_environments_variables_win_over_the_applications()
    {
        var application = new ApplicationSpec
        {
            Name = "shop",
            Runtime = new ServerSpec
            {
                Command = ["./shop"],
                Readiness = new(ReadinessKind.Alive),
                Environment = new Dictionary<string, string> { ["B"] = "app", ["C"] = "app" },
            },
        };
        var environment = Production with
        {
            Variables = new Dictionary<string, string> { ["C"] = "environment", ["A"] = "environment" },
        };

        var effective = Assert.IsType<ServerSpec>(EnvironmentSpec.EffectiveSpec(application, environment));

        Assert.Equal([new("A", "environment"), new("B", "app"), new("C", "environment")], effective.Environment);
    }

    [Fact]
    public void A_selector_needs_all_its_labels()
    {
        var environment = Production with
        {
            Selector = new Dictionary<string, string> { ["role"] = "web", ["zone"] = "a" },
        };

        Assert.True(environment.Selects(
            new Dictionary<string, string> { ["role"] = "web", ["zone"] = "a", ["rack"] = "1" }));
        Assert.False(environment.Selects(new Dictionary<string, string> { ["role"] = "web" }));
        Assert.False(environment.Selects(new Dictionary<string, string> { ["role"] = "web", ["zone"] = "b" }));
    }

    private static IEnumerable<string> FieldsOf(EnvironmentSpec environment)
    {
        var violations = new FieldViolations();
        EnvironmentRules.Check(environment, violations);
        return violations.Found.Select(violation => violation.Field);
    }
}
