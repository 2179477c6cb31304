using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Connections;

/// <summary>Says why a call failed: in the server's own words, or why it was not reached.</summary>
internal static class Refusal
{
    private const string Unknown = "UNKNOWN";

    public static Problem Of(RpcException exception, Uri server, bool hasTimeout)
    {
        var problem = Problem.From(exception);
        if (problem.Reason != Unknown)
        {
            return problem;
        }

        return exception.StatusCode switch
        {
            StatusCode.DeadlineExceeded when hasTimeout =>
                problem with { Reason = "TIMED_OUT", Message = $"{server} did not answer within --timeout" },
            StatusCode.DeadlineExceeded =>
                problem with { Reason = "NO_ANSWER", Message = $"{server} did not answer within 30 s" },
            StatusCode.Unavailable or StatusCode.Internal when exception.Status.DebugException is { } cause =>
                Of(cause, server),
            StatusCode.Unauthenticated =>
                problem with
                {
                    Reason = "UNAUTHENTICATED",
                    Message = $"{problem.Message}: run deployctl login {server}",
                },
            StatusCode.Unimplemented => problem with
            {
                Reason = "UNIMPLEMENTED",
                Message = $"{server} does not know this call: it runs an older version than deployctl",
            },
            _ => problem with { Message = problem.Message.Length > 0 ? problem.Message : "the call failed" },
        };
    }

    public static Problem Of(Exception exception, Uri server)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case AuthenticationException:
                    return new(
                        StatusCode.Unauthenticated,
                        "UNTRUSTED_CERTIFICATE",
                        $"the certificate of {server} is not trusted: {cause.Message} If the host has another name "
                        + "than its certificate says, start the control plane with --host-name; if it was set up anew, "
                        + "log in with a new token");
                case SocketException socket:
                    return Unreachable(server, socket.Message);
                case OperationCanceledException:
                    return Unreachable(server, "no answer in time");
            }
        }

        return Unreachable(server, exception.Message);
    }

    private static Problem Unreachable(Uri server, string why) => new(
        StatusCode.Unavailable,
        "UNREACHABLE",
        $"cannot reach the control plane at {server}: {why}. Check the address, that the control plane is running, "
        + $"and that nothing between here and there blocks port {server.Port}");
}
