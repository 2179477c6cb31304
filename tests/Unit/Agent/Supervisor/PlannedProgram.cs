using Slipway.Agent.Deployments;
using Slipway.Agent.Supervisor;

namespace Tests.Unit.Agent.Supervisor;

/// <summary>A program for planners, which start none.</summary>
internal static class PlannedProgram
{
    public static readonly GenerationSpec Spec = new(
        "1.0.0",
        "/srv",
        new Dictionary<string, string>(),
        new ServerSpec
        {
            Command = ["program"],
            Readiness = new ReadinessSpec(ReadinessKind.Alive),
            StartTimeout = TimeSpan.FromSeconds(30),
            StopGrace = TimeSpan.FromSeconds(10),
        });
}
