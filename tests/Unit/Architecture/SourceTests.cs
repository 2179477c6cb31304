using System.Reflection;

namespace Tests.Unit.Architecture;

public class SourceTests
{
    internal static readonly string Root = FindRoot(AppContext.BaseDirectory);

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
    public void System_calls_live_in_Native_folders() =>
        AssertNone(
            from assembly in DependencyTests.Programs
            from type in assembly.GetTypes()
            where type.Namespace is { } name && !name.EndsWith(".Native", StringComparison.Ordinal)
            from method in type.GetMethods(
                BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            where method.Attributes.HasFlag(MethodAttributes.PinvokeImpl)
            select $"{type}.{method.Name}");

    private static void AssertNone(IEnumerable<string> offenders) =>
        Assert.Equal("", string.Join(Environment.NewLine, offenders));

    // Not CallerFilePath: a deterministic build rewrites it.
    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "Slipway.slnx")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}
