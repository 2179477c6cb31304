namespace Slipway.Agent.Deployments;

/// <summary>Which workload: one application in one environment. At most one of each runs on a host.</summary>
internal sealed record WorkloadKey(string Application, string Environment)
{
    public override string ToString() => $"{Application}/{Environment}";
}
