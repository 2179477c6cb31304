namespace Slipway.Agent.Deployments;

/// <summary>Everything that this agent should run; replaced whole, never edited.</summary>
internal sealed record DesiredState(DesiredToken Token, IReadOnlyList<Workload> Workloads)
{
    public static readonly DesiredState Empty = new(DesiredToken.None, []);
}
