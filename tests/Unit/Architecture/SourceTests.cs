using System.Reflection;
using System.Text.RegularExpressions;

namespace Tests.Unit.Architecture;

public partial class SourceTests
{
    internal static readonly string Root = FindRoot(AppContext.BaseDirectory);

    // Looks like a reason, but is systemd's.
    private const string EnvironmentVariable = "NOTIFY_SOCKET";

    private static readonly (string Path, string[] Lines)[] Sources =
    [
        .. from top in (string[])["src", "tests", "deploy"]
           from path in Directory.EnumerateFiles(Path.Combine(Root, top), "*.cs", SearchOption.AllDirectories)
           where !path.Contains("/Migrations/", StringComparison.Ordinal)
           select (Path.GetRelativePath(Root, path), File.ReadAllLines(path)),
    ];

    [Fact]
    public void A_file_has_at_most_400_lines() =>
        AssertNone(from source in Sources where source.Lines.Length > 400 select source.Path);

    [Fact]
    public void A_line_has_at_most_120_characters() =>
        AssertNone(
            from source in Sources
            from line in source.Lines.Index()
            where line.Item.Length > 120
            select $"{source.Path}:{line.Index + 1}");

    [Fact]
    public void Every_reason_of_a_refusal_stands_in_the_public_interface()
    {
        var comments = Directory.EnumerateFiles(Path.Combine(Root, "protos", "slipway"), "*.proto",
                SearchOption.AllDirectories)
            .SelectMany(File.ReadLines)
            .Where(line => line.TrimStart().StartsWith("//", StringComparison.Ordinal));
        var listed = Reason.Matches(string.Join('\n', comments)).Select(match => match.Value).ToHashSet();

        AssertNone(
            from source in Sources
            where source.Path.StartsWith("src/ControlPlane/", StringComparison.Ordinal)
                || source.Path == "src/Shared/Rpc/Problem.cs"
            from Match quoted in QuotedReason.Matches(string.Join('\n', source.Lines))
            let reason = quoted.Groups["reason"].Value
            where !listed.Contains(reason) && reason != EnvironmentVariable
            select $"{source.Path}: {reason}");
    }

    [Fact]
    public void System_calls_live_in_Native_folders() =>
        AssertNone(
            from assembly in DependencyTests.Programs
            from type in assembly.GetTypes()
            where type.Namespace is { } name && !name.EndsWith(".Native", StringComparison.Ordinal)
            from method in type.GetMethods(
                BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            where method.Attributes.HasFlag(MethodAttributes.PinvokeImpl)
            select $"{type}.{method.Name}");

    [GeneratedRegex(@"\b[A-Z]+(_[A-Z]+)*\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Reason { get; }

    [GeneratedRegex(@"""(?<reason>[A-Z]+(_[A-Z]+)+)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex QuotedReason { get; }

    private static void AssertNone(IEnumerable<string> offenders) =>
        Assert.Equal("", string.Join(Environment.NewLine, offenders));

    // Not CallerFilePath: a deterministic build rewrites it.
    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "Slipway.slnx")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}
