using Slipway.Shared.Artifacts;

namespace Slipway.Agent.Deployments;

/// <summary>What the configuration gives to the engine; replaced whole.</summary>
internal sealed record EngineModules(IReadOnlyList<IArtifactSource> Sources, IReadOnlyList<IRuntime> Runtimes)
{
    public static readonly EngineModules None = new([], []);

    /// <exception cref="DeploymentException">No runtime of the configuration runs such a workload.</exception>
    public IRuntime RuntimeOf(Workload workload) => Runtimes.FirstOrDefault(runtime => runtime.Runs(workload))
        ?? throw new DeploymentException(
            FailureReason.InvalidSpec, "No runtime of this agent's configuration runs such an application.");
}
