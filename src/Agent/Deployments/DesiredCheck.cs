using System.Text.RegularExpressions;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Deployments;

/// <summary>Refuses desired state whose names could not be folders: they come from outside and become paths.</summary>
internal static partial class DesiredCheck
{
    /// <exception cref="ProblemException">INVALID_FIELD.</exception>
    public static void Demand(DesiredState desired)
    {
        foreach (var workload in desired.Workloads)
        {
            var key = workload.Key;
            DemandName("workloads.application", key.Application);
            DemandName("workloads.environment", key.Environment);
            if (!Id().IsMatch(workload.DeploymentId))
            {
                throw Refusal(
                    "workloads.deployment_id", $"'{workload.DeploymentId}' is not 1 to 64 letters, digits, - or _.");
            }

            if (!Version().IsMatch(workload.Version))
            {
                throw Refusal("workloads.version", $"'{workload.Version}' is not a version.");
            }
        }

        if (desired.Workloads.GroupBy(workload => workload.Key).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw Refusal("workloads", $"{twice.Key} is there twice.");
        }
    }

    /// <summary>Whether it may become a folder's name.</summary>
    public static bool IsName(string name) => Name().IsMatch(name);

    private static void DemandName(string field, string name)
    {
        if (!IsName(name))
        {
            throw Refusal(field, $"'{name}' is not 1 to 63 lower-case letters, digits and inner hyphens.");
        }
    }

    private static ProblemException Refusal(string field, string message) => new(Problem.InvalidField(field, message));

    [GeneratedRegex(@"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,64}\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Id();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9.+_-]{0,127}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Version();
}
