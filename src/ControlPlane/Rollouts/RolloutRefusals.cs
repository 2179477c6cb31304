using Grpc.Core;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Why a rollout does not start, in words.</summary>
internal static class RolloutRefusals
{
    public static ProblemException Active(RolloutRow row) => new(new Problem(
        StatusCode.FailedPrecondition,
        "ROLLOUT_ACTIVE",
        $"{row.Application}/{row.Environment} is being rolled out to {row.ToVersion} already ({row.Id}): wait for it, "
            + "abort it, or supersede it.")
    {
        Metadata = new Dictionary<string, string> { ["rollout_id"] = row.Id.ToString() },
    });

    public static ProblemException CurrentMoved(string expected, string? current) => Of(
        "CURRENT_MOVED",
        $"The environment runs {Name(current)}, not {Name(expected)} as expected: look again, then decide.");

    public static ProblemException NoTargets(RolloutRequest request) => Of(
        "NO_TARGETS",
        $"No agent carries the labels that {request.Application}/{request.Environment} selects: enrol agents with "
            + "these labels, or change the selector.");

    public static ProblemException AgentTaken(RolloutRequest request, WorkloadRow taken, RolloutTarget target) => Of(
        "AGENT_TAKEN",
        $"The agent {target.AgentName} is brought up to date by {taken.Application}/{taken.Environment} already: "
            + $"change the selector of one of them, so that {request.Application}/{request.Environment} is alone.");

    public static ProblemException NothingToDo(RolloutRequest request, string version) => Of(
        "NOTHING_TO_DO",
        $"All agents of {request.Application}/{request.Environment} run {version} already.");

    public static ProblemException PolicyRefuses(string version, string why) => Of(
        "POLICY_REFUSES",
        $"{version} {why}: change the environment's policy, or choose another version.");

    public static ProblemException NothingPasses(RolloutRequest request) => Of(
        "POLICY_REFUSES",
        $"No release of {request.Application} passes the policy of {request.Environment}: push one, or change "
            + "the policy.");

    public static ProblemException NoRelease(string application, string version) => new(Problem.NotFound(
        "RELEASE_NOT_FOUND",
        $"{application} has no release {version}; look with 'deployctl release list {application}'."));

    public static ProblemException KeyTaken() => new(Problem.InvalidField(
        "idempotency_key",
        "was used for another environment or version already; choose a new one."));

    private static string Name(string? version) => string.IsNullOrEmpty(version) ? "no release" : version;

    private static ProblemException Of(string reason, string message) =>
        new(new Problem(StatusCode.FailedPrecondition, reason, message));
}
