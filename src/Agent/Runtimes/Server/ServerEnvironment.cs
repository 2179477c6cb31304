using Slipway.Agent.Deployments;

namespace Slipway.Agent.Runtimes.Server;

/// <summary>The environment of a program: little, the same on each host, and nothing of the agent's own.</summary>
internal static class ServerEnvironment
{
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static IReadOnlyDictionary<string, string> Of(Workload workload, string release)
    {
        var variables = new Dictionary<string, string>
        {
            ["HOME"] = release,
            ["LANG"] = "C.UTF-8",
            ["PATH"] = DefaultPath,
        };
        foreach (var (name, value) in workload.Server.Environment)
        {
            variables[name] = value;
        }

        variables["SLIPWAY_APPLICATION"] = workload.Key.Application;
        variables["SLIPWAY_ENVIRONMENT"] = workload.Key.Environment;
        variables["SLIPWAY_RELEASE_DIR"] = release;
        variables["SLIPWAY_VERSION"] = workload.Version;
        return variables;
    }
}
