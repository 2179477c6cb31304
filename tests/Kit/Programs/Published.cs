namespace Tests.Kit.Programs;

/// <summary>Where deploy/build.sh leaves the programs.</summary>
public static class Published
{
    public static readonly string Root = FindRoot(AppContext.BaseDirectory);

    public static string ControlPlane => Program("slipway-control-plane");

    public static string Agent => Program("slipway-agent");

    public static string Deployctl => Program("deployctl");

    public static string Sample(string name) => Path.Join(Root, "deploy/samples", name);

    private static string Program(string name)
    {
        var path = Path.Join(Root, "artifacts/bin", name);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: run deploy/build.sh");
    }

    private static string FindRoot(string folder) =>
        File.Exists(Path.Join(folder, "Slipway.slnx")) ? folder : FindRoot(Path.GetDirectoryName(folder)!);
}
