using System.ComponentModel;
using System.Globalization;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;

namespace Tests.Integration.Agent.Supervisor;

/// <summary>Processes whose launch fails after they were made.</summary>
public sealed class ChildLauncherTests
{
    [Fact]
    public void A_process_that_its_cgroup_refuses_does_not_stay_behind()
    {
        using var folder = new TemporaryFolder();
        var program = folder.In("refused");
        File.CreateSymbolicLink(program, SupervisedWorkload.Program);
        var spec = new GenerationSpec(
            "1.0.0",
            folder.Path,
            new Dictionary<string, string>(),
            new ServerSpec { Command = ["/bin/true"], Readiness = new ReadinessSpec(ReadinessKind.Alive) });
        var refusing = new Cgroup(folder.In("no cgroup"));

        Assert.Throws<Win32Exception>(() => ChildLauncher.LaunchCommand(
            spec, ["/bin/true"], pid => refusing.AddCommand(pid), program));

        Assert.DoesNotContain("refused", ChildrenOfThis());
    }

    /// <summary>What the children of this process are called, those too that have ended and were not waited for.
    /// </summary>
    private static List<string> ChildrenOfThis() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(path => int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var pid)
                && ProcessTable.Read(pid)?.Parent == Environment.ProcessId)
            .Select(NameOf),
    ];

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "comm")).Trim();
        }
        catch (IOException)
        {
            return ""; // Another test's, and gone.
        }
    }
}
