using Grpc.Core;
using Slipway.Agent.Archives;
using Slipway.Shared.Artifacts;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Deployments;

/// <summary>Tells what ends a fetch from what passes.</summary>
internal static class FetchFailure
{
    /// <summary>Why the source will never give the artifact; null: it may, later.</summary>
    public static DeploymentException? From(Exception exception, Digest digest) => exception switch
    {
        ProblemException { Problem: { Code: StatusCode.NotFound } problem } =>
            new(FailureReason.FetchNotFound, $"There is no {digest} to fetch: {problem.Message}", exception),
        ProblemException { Problem: { Code: StatusCode.PermissionDenied or StatusCode.Unauthenticated } problem } =>
            new(FailureReason.FetchDenied, $"Fetching {digest} was refused: {problem.Message}", exception),
        IOException full when DiskErrors.IsDiskFull(full) =>
            new(FailureReason.DiskFull, $"The disk is full: {full.Message}", exception),
        _ => null,
    };

    /// <summary>Whether trying again can help. A cancelled read is a stall, unless the caller has cancelled.</summary>
    public static bool IsPassing(Exception exception, CancellationToken cancellationToken) =>
        exception is ProblemException or IOException or HttpRequestException or TimeoutException
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);
}
