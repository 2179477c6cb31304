using System.Xml.Linq;
using ArchUnitNET.Domain;
using ArchUnitNET.Fluent.Slices;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using static ArchUnitNET.Fluent.ArchRuleDefinition;
using Assembly = System.Reflection.Assembly;

namespace Tests.Unit.Architecture;

public class DependencyTests
{
    private const string Impure = @"^(Grpc|Google|System\.IO|Microsoft\.(Data|EntityFrameworkCore|Extensions))";

    internal static readonly Assembly[] Programs =
    [
        typeof(Slipway.Shared.Rpc.Problem).Assembly,
        typeof(Slipway.ControlPlane.ControlPlaneApp).Assembly,
        typeof(Slipway.Agent.Deployments.Workload).Assembly,
        Assembly.Load("Slipway.Deployctl"),
    ];

    private static readonly ArchUnitNET.Domain.Architecture Product =
        new ArchLoader().LoadAssemblies(Programs).Build();

    [Fact]
    public void Programs_reference_only_what_is_shared()
    {
        var projects = Directory.EnumerateFiles(
            Path.Combine(SourceTests.Root, "src"), "*.csproj", SearchOption.AllDirectories);

        var references =
            from project in projects
            from reference in XDocument.Load(project).Descendants("ProjectReference")
            let target = Path.GetFileNameWithoutExtension((string?)reference.Attribute("Include"))
            where target != "Slipway.Shared"
            select $"{Path.GetFileNameWithoutExtension(project)} -> {target}";

        Assert.Empty(references);
    }

    [Theory]
    [InlineData("ControlPlane")]
    [InlineData("Agent")]
    [InlineData("Deployctl")]
    public void Parts_form_no_cycle(string program)
    {
        var rule = new SliceRuleCreator();
        rule.SetSliceAssignment(new SliceAssignment(type => PartOf(program, type), $"parts of {program}"));

        new GivenSlices(rule).Should().BeFreeOfCycles().Check(Product);
    }

    [Fact]
    public void Only_services_clients_and_commands_know_the_wire() =>
        Types().That().ResideInNamespaceMatching(@"^Slipway\.(ControlPlane|Agent|Deployctl)\.")
            .And().DoNotHaveNameMatching("(Service|Command|Client)$")
            .And().AreNotNested()
            .Should().NotDependOnAny(Types().That().ResideInNamespaceMatching(@"^Slipway\.Contracts"))
            .WithoutRequiringPositiveResults()
            .Check(Product);

    [Fact]
    public void A_planner_is_pure() =>
        Types().That().HaveNameEndingWith("Planner")
            .Should().NotDependOnAny(Types(includeReferenced: true).That().ResideInNamespaceMatching(Impure))
            .WithoutRequiringPositiveResults()
            .Check(Product);

    /// <summary>The folder beside the program's other ones that a type is in, however deep.</summary>
    private static SliceIdentifier PartOf(string program, IType type)
    {
        var root = $"Slipway.{program}.";
        var name = type.Namespace.FullName;
        return name.StartsWith(root, StringComparison.Ordinal)
            ? SliceIdentifier.Of(name[root.Length..].Split('.')[0])
            : SliceIdentifier.Ignore();
    }
}
