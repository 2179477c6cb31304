using System.Text.Json.Serialization;
using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Hosting;

/// <summary>A refusal over plain HTTP: the same code, reason and sentence as over gRPC.</summary>
internal sealed record ProblemResponse(
    [property: JsonPropertyName("code")] string Code,
    [property: JsonPropertyName("reason")] string Reason,
    [property: JsonPropertyName("message")] string Message)
{
    public static IResult From(Problem problem) => Results.Json(
        new ProblemResponse(problem.Code.ToString(), problem.Reason, problem.Message),
        contentType: "application/problem+json",
        statusCode: StatusOf(problem.Code));

    private static int StatusOf(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.OutOfRange => 400,
        StatusCode.Unauthenticated => 401,
        StatusCode.PermissionDenied => 403,
        StatusCode.NotFound => 404,
        StatusCode.Aborted or StatusCode.AlreadyExists => 409,
        StatusCode.ResourceExhausted => 429,
        StatusCode.Unavailable => 503,
        _ => 500,
    };
}
