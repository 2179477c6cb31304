using System.Security.Authentication;
using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Link;

/// <summary>What an attempt to talk to the control plane failed with, and whether the next one can do better.</summary>
/// <param name="Problem">What was wrong.</param>
/// <param name="NeedsPerson">Trying again will not help until somebody acts.</param>
internal sealed record Refusal(Problem Problem, bool NeedsPerson)
{
    private const string Untrusted = "UNTRUSTED_CONTROL_PLANE";

    /// <summary>Reasons that only a person can do away with.</summary>
    private static readonly HashSet<string> Lasting =
    [
        "AGENT_NOT_FOUND", "AGENT_REMOVED", "AGENT_TOO_OLD", "CERTIFICATE_EXPIRED", "CSR_INVALID", "INVALID_FIELD",
        "TOKEN_EXPIRED", "TOKEN_INVALID", "TOKEN_USED_UP", Untrusted,
    ];

    /// <summary>Whether it is one of the failures that talking to a control plane can bring.</summary>
    public static bool Covers(Exception exception) => exception
        is RpcException or ProblemException or HttpRequestException or IOException or OperationCanceledException
        or InvalidDataException or UnauthorizedAccessException or AuthenticationException;

    public static Refusal Of(Exception exception, Uri controlPlane) => exception switch
    {
        ProblemException { Problem: var problem } => Of(problem),
        RpcException { Status.DebugException: { } cause } when IsUntrusted(cause) =>
            Of(UntrustedBy(controlPlane, cause)),
        HttpRequestException cause when IsUntrusted(cause) => Of(UntrustedBy(controlPlane, cause)),
        RpcException { Status.DebugException: HttpRequestException cause } => Of(Unreachable(controlPlane, cause)),
        RpcException rpc => Of(Problem.From(rpc)),
        HttpRequestException cause => Of(Unreachable(controlPlane, cause)),
        OperationCanceledException => Of(new(
            StatusCode.DeadlineExceeded, "TIMEOUT", $"{controlPlane} did not answer in time.")),
        InvalidDataException => new(new(StatusCode.DataLoss, "DAMAGED", exception.Message), NeedsPerson: true),
        _ => Of(new(StatusCode.Internal, "LOCAL", exception.Message)),
    };

    private static Refusal Of(Problem problem) => new(
        problem,
        Lasting.Contains(problem.Reason)
        || problem.Code is StatusCode.PermissionDenied or StatusCode.Unauthenticated or StatusCode.Unimplemented
            or StatusCode.AlreadyExists);

    private static bool IsUntrusted(Exception? exception) =>
        exception is AuthenticationException || (exception is not null && IsUntrusted(exception.InnerException));

    private static Problem UntrustedBy(Uri controlPlane, Exception cause) => new(
        StatusCode.Unavailable,
        Untrusted,
        $"TLS with {controlPlane} failed: {Deepest(cause)} The agent trusts only the CA it enrolled with, and only the "
        + "names in its certificates (--host-name of the control plane).");

    private static Problem Unreachable(Uri controlPlane, Exception cause) =>
        new(StatusCode.Unavailable, "UNREACHABLE", $"Cannot reach {controlPlane}: {Deepest(cause)}");

    private static string Deepest(Exception exception) => exception.InnerException is { } inner
        ? Deepest(inner)
        : exception.Message;
}
