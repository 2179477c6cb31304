using Grpc.Core;
using Slipway.Deployctl;
using Slipway.Shared.Rpc;

namespace Tests.Unit.Deployctl;

public class ExitCodeTests
{
    [Theory]
    [InlineData(StatusCode.InvalidArgument, "INVALID_FIELD", 2)]
    [InlineData(StatusCode.NotFound, "ROLLOUT_NOT_FOUND", 3)]
    [InlineData(StatusCode.FailedPrecondition, "ROLLOUT_ACTIVE", 4)]
    [InlineData(StatusCode.AlreadyExists, "RELEASE_EXISTS", 4)]
    [InlineData(StatusCode.Aborted, "VERSION_MOVED", 4)]
    [InlineData(StatusCode.Unauthenticated, "TOKEN_EXPIRED", 5)]
    [InlineData(StatusCode.PermissionDenied, "SCOPE_MISSING", 5)]
    [InlineData(StatusCode.Unavailable, "UNREACHABLE", 6)]
    [InlineData(StatusCode.DeadlineExceeded, "NO_ANSWER", 6)]
    [InlineData(StatusCode.FailedPrecondition, "POLICY_REFUSES", 7)]
    [InlineData(StatusCode.Internal, "INTERNAL", 1)]
    [InlineData(StatusCode.DeadlineExceeded, "TIMED_OUT", 124)]
    [InlineData(StatusCode.Cancelled, "INTERRUPTED", 130)]
    public void A_refusal_has_its_own_code(StatusCode code, string reason, int exitCode) =>
        Assert.Equal(exitCode, (int)ExitCodes.Of(new Problem(code, reason, "")));

    [Theory]
    [InlineData("succeeded", 0)]
    [InlineData("failed", 10)]
    [InlineData("rolled_back", 11)]
    [InlineData("aborted", 13)]
    [InlineData("superseded", 14)]
    public void The_end_of_a_rollout_has_its_own_code(string state, int exitCode) =>
        Assert.Equal(exitCode, (int?)ExitCodes.OfRollout(state));

    [Theory]
    [InlineData("running")]
    [InlineData("paused")]
    [InlineData("aborting")]
    [InlineData("rolling_back")]
    public void A_rollout_that_goes_on_has_none(string state) => Assert.Null(ExitCodes.OfRollout(state));
}
