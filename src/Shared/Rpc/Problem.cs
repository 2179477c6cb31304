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

    /// <summary>A bad value in a request: names the field, what is wrong with it and what would be right.</summary>
    public static Problem InvalidField(string field, string message) =>
        new(StatusCode.InvalidArgument, "INVALID_FIELD", $"{field}: {message}")
        {
            Metadata = new Dictionary<string, string> { [FieldKey] = field },
        };

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
        if (Metadata.TryGetValue(FieldKey, out var field))
        {
            var violation = new BadRequest.Types.FieldViolation { Field = field, Description = Message };
            status.Details.Add(Any.Pack(new BadRequest { FieldViolations = { violation } }));
        }

        return status.ToRpcException();
    }

    /// <summary>Reads a refusal back on the caller's side; the reason is UNKNOWN when the peer said none.</summary>
    public static Problem From(RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);

        var info = exception.GetRpcStatus()?.GetDetail<ErrorInfo>();
        return new Problem(exception.StatusCode, info?.Reason ?? "UNKNOWN", exception.Status.Detail)
        {
            Metadata = info?.Metadata.ToDictionary() ?? [],
        };
    }
}
