using Slipway.Agent.Deployments;
using Slipway.Shared.Artifacts;

namespace Tests.Unit.Agent.Deployments;

/// <summary>Workloads to plan with.</summary>
internal static class Workloads
{
    public static readonly WorkloadKey Key = new("shop", "production");

    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static Workload Make(int generation, TimeSpan bake = default) => new(
        Key,
        (ulong)generation,
        $"deployment-{generation}",
        $"1.{generation}.0",
        new(Digest.FromHash(new byte[32]), 100, "shop.tar.gz", "/v1/blobs/x"),
        new() { Command = ["./run"], Readiness = new(ReadinessKind.Tcp), Bake = bake });

    public static Attempt AttemptAt(Workload workload, DeploymentPhase phase, bool isDecided = false) =>
        new(workload, new(3, phase, Start), isDecided);

    public static RuntimeState Living(params (string Ticket, InstancePhase Phase)[] instances) => new(
    [
        .. instances.Select(one => new Instance(one.Ticket, "1", one.Phase, 7, Start)
        {
            ReadyAt = one.Phase == InstancePhase.Starting ? null : Start,
        }),
    ]);
}
