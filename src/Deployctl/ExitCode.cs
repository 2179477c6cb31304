using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl;

/// <summary>What the program's end says to a script. The numbers never change their meaning.</summary>
internal enum ExitCode
{
    /// <summary>Done; with <c>--watch</c>: the rollout succeeded.</summary>
    Done = 0,
    Internal = 1,

    /// <summary>A wrong option, or a spec that is not valid.</summary>
    Usage = 2,
    NotFound = 3,

    /// <summary>Something is in the way: a rollout, a version that moved, other content, too much at once.</summary>
    Conflict = 4,
    NotAllowed = 5,
    Unreachable = 6,
    PolicyRefuses = 7,
    RolloutFailed = 10,
    RolloutRolledBack = 11,
    RolloutAborted = 13,
    RolloutSuperseded = 14,

    /// <summary>The time given with <c>--timeout</c> is over; what was started goes on.</summary>
    TimedOut = 124,

    /// <summary>Ctrl-C; what was started goes on.</summary>
    Interrupted = 130,
}

internal static class ExitCodes
{
    public static ExitCode Of(Problem problem) => problem.Reason switch
    {
        "POLICY_REFUSES" => ExitCode.PolicyRefuses,
        "TIMED_OUT" => ExitCode.TimedOut,
        _ => Of(problem.Code),
    };

    /// <summary>The end of a watched rollout; null while it goes on.</summary>
    public static ExitCode? OfRollout(string? state) => state switch
    {
        "succeeded" => ExitCode.Done,
        "failed" => ExitCode.RolloutFailed,
        "rolled_back" => ExitCode.RolloutRolledBack,
        "aborted" => ExitCode.RolloutAborted,
        "superseded" => ExitCode.RolloutSuperseded,
        _ => null,
    };

    private static ExitCode Of(StatusCode code) => code switch
    {
        StatusCode.OK => ExitCode.Done,
        StatusCode.InvalidArgument or StatusCode.OutOfRange => ExitCode.Usage,
        StatusCode.NotFound => ExitCode.NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted or StatusCode.FailedPrecondition
            or StatusCode.ResourceExhausted => ExitCode.Conflict,
        StatusCode.Unauthenticated or StatusCode.PermissionDenied => ExitCode.NotAllowed,
        StatusCode.Unavailable or StatusCode.DeadlineExceeded => ExitCode.Unreachable,
        StatusCode.Cancelled => ExitCode.Interrupted,
        _ => ExitCode.Internal,
    };
}
