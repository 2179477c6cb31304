using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Rollouts;

namespace Tests.Unit.ControlPlane.Rollouts;

/// <summary>Rollouts and sightings for tests, in few words.</summary>
internal static class RolloutKit
{
    public static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static readonly RolloutPlan Plan =
        new(BatchSize: 1, MaxUnavailable: 1, TimeSpan.Zero, TimeSpan.FromMinutes(10), MaxFailures: 0);

    public static Rollout Of(int agents, RolloutPlan? plan = null) => new()
    {
        Plan = plan ?? Plan,
        Targets = [.. Enumerable.Range(1, agents).Select(number => new RolloutTarget
        {
            AgentId = Web(number),
            AgentName = $"web-{number}",
            DeploymentId = new Guid(number, 1, 0, new byte[8]),
            RevertId = new Guid(number, 2, 0, new byte[8]),
            PreviousVersion = "1.0.0",
            IsOnline = true,
            IsHealthy = true,
        })],
    };

    public static Guid Web(int number) => new(number, 0, 0, new byte[8]);

    public static TargetSighting Saw(int number, DeploymentPhase phase = DeploymentPhase.Unspecified) =>
        new(Web(number)) { IsOnline = true, IsHealthy = true, Phase = phase };

    public static RolloutStep Look(this Rollout rollout, DateTimeOffset now, params TargetSighting[] sightings) =>
        RolloutPlanner.Decide(rollout, new RolloutEvent.Looked(sightings), now);
}
