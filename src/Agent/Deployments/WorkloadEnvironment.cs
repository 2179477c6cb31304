namespace Slipway.Agent.Deployments;

/// <summary>The environment of a workload's programs: little, the same on each host, and nothing of the agent's own.
/// </summary>
internal static class WorkloadEnvironment
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static Dictionary<string, string> Of(Workload workload, string release)
    {
        var variables = new Dictionary<string, string>
        {
            ["HOME"] = release,
            ["LANG"] = "C.UTF-8",
            ["PATH"] = DefaultPath,
        };
        foreach (var (name, value) in workload.Environment)
        {
            variables[name] = value;
        }

        variables["SLIPWAY_APPLICATION"] = workload.Key.Application;
        variables["SLIPWAY_ENVIRONMENT"] = workload.Key.Environment;
        variables["SLIPWAY_RELEASE_DIR"] = release;
        variables["SLIPWAY_VERSION"] = workload.Version;
        return variables;
    }

    /// <param name="workload">Whose hook it is.</param>
    /// <param name="release">The release that it is about.</param>
    /// <param name="name">Which: <c>before</c> or <c>after</c>.</param>
    public static Dictionary<string, string> OfHook(Workload workload, string release, string name) =>
        new(Of(workload, release)) { ["SLIPWAY_HOOK"] = name };
}
