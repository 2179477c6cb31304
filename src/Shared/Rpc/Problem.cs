using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;

namespace Slipway.Shared.Rpc;

/// <summary>Why a call was refused, in a form that a caller can branch on.</summary>
/// <param name="Code">The gRPC status: whether trying again can help.</param>
/// <param name="Reason">The stable UPPER_SNAKE_CASE name of the refusal: what callers branch on.</param>
/// <param name="Message">One sentence for a person: what was wrong, with which field, and what to do.</param>
public sealed record Problem(StatusCode Code, string Reason, string Message)
{
    /// <summary>The domain in every <c>google.rpc.ErrorInfo</c> of Slipway.</summary>
    public const string Domain = "slipway";

    /// <summary>The name of the metadata entry that holds the path of the offending field.</summary>
    public const string FieldKey = "field";

    /// <summary>Facts beside the sentence, such as the field's path or the id of what is in the way.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Every field that is wrong; the sentence and the metadata are about the first one.</summary>
    public IReadOnlyList<FieldViolation> Violations { get; init; } = [];

    /// <summary>The earliest time at which trying again makes sense, if that is known.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A bad value in a request: names the field, what is wrong with it and what would be right.</summary>
    public static Problem InvalidField(string field, string message) => InvalidFields([new(field, message)]);

    /// <summary>Several bad values in a request, at least one.</summary>
    public static Problem InvalidFields(IReadOnlyList<FieldViolation> violations)
    {
        var (field, message) = violations[0];
        var others = violations.Count == 1 ? "" : $" (and {violations.Count - 1} more)";
        return new(StatusCode.InvalidArgument, "INVALID_FIELD", $"{field}: {message}{others}")
        {
            Metadata = new Dictionary<string, string> { [FieldKey] = field },
            Violations = [.. violations],
        };
    }

    /// <summary>Something that was named and does not exist.</summary>
    public static Problem NotFound(string reason, string message) => new(StatusCode.NotFound, reason, message);

    public RpcException ToRpcException()
    {
        var info = new ErrorInfo { Domain = Domain, Reason = Reason };
        foreach (var (key, value) in Metadata)
        {
            info.Metadata.Add(key, value);
        }

        var status = new Google.Rpc.Status { Code = (int)Code, Message = Message, Details = { Any.Pack(info) } };
        if (Violations.Count > 0)
        {
            var violations = Violations.Select(violation => new BadRequest.Types.FieldViolation
            {
                Field = violation.Field,
                Description = violation.Message,
            });
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violations } }));
        }

        if (RetryAfter is { } delay)
        {
            status.Details.Add(Any.Pack(new RetryInfo { RetryDelay = delay.ToDuration() }));
        }

        return status.ToRpcException();
    }

    /// <summary>Reads a refusal back on the caller's side; the reason is UNKNOWN when the peer said none.</summary>
    public static Problem From(RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);

        var status = exception.GetRpcStatus();
        var info = status?.GetDetail<ErrorInfo>();
        var violations = status?.GetDetail<BadRequest>()?.FieldViolations ?? [];
        var retry = status?.GetDetail<RetryInfo>();
        return new Problem(exception.StatusCode, info?.Reason ?? "UNKNOWN", exception.Status.Detail)
        {
            Metadata = info?.Metadata.ToDictionary() ?? [],
            Violations = [.. violations.Select(found => new FieldViolation(found.Field, found.Description))],
            RetryAfter = retry?.RetryDelay?.ToTimeSpan(),
        };
    }
}
