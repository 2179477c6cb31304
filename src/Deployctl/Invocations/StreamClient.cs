using System.Runtime.CompilerServices;
using Grpc.Core;
using Slipway.Deployctl.Connections;
using Slipway.Shared.Rpc;

namespace Slipway.Deployctl.Invocations;

/// <summary>Reads what the control plane streams, over broken connections too.</summary>
internal sealed class StreamClient(ControlPlaneClient client, Invocation invocation)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // A control plane that restarts is back within this; one that stays away is reported as unreachable.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>All that comes, until the control plane says that it was all.</summary>
    /// <param name="open">Asks for what has not come yet: called again after each break.</param>
    /// <param name="canResume">Whether it can tell what has come; otherwise a break is the end.</param>
    /// <param name="cancellationToken">The user leaves.</param>
    public async IAsyncEnumerable<T> ReadAsync<T>(
        Func<CallOptions, AsyncServerStreamingCall<T>> open,
        Func<bool> canResume,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var time = invocation.Terminal.Time;
        var (pause, brokenAt) = (FirstPause, time.GetTimestamp());
        while (true)
        {
            using var call = open(ControlPlaneClient.Stream(cancellationToken));
            bool? hasNext;
            while ((hasNext = await HasNextAsync(call, cancellationToken)) == true)
            {
                yield return call.ResponseStream.Current;
                pause = FirstPause;
            }

            if (hasNext == false)
            {
                yield break;
            }

            // A stream may have been silent for long: what counts is the time since it broke.
            brokenAt = pause == FirstPause ? time.GetTimestamp() : brokenAt;
            invocation.Printer.Note($"The connection to {client.Access.Server} broke; trying again.");
            await Task.Delay(pause, time, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        // Null: it broke.
        async Task<bool?> HasNextAsync(AsyncServerStreamingCall<T> call, CancellationToken token)
        {
            try
            {
                return await call.ResponseStream.MoveNext(token);
            }
            catch (RpcException e) when (IsInterruption(e)
                && !token.IsCancellationRequested
                && canResume()
                && (pause == FirstPause || time.GetElapsedTime(brokenAt) < Patience))
            {
                return null;
            }
        }
    }

    /// <summary>The connection broke, or the server goes; what the server says of itself is no such thing.</summary>
    private static bool IsInterruption(RpcException exception) => exception.StatusCode switch
    {
        StatusCode.Unavailable => true,
        StatusCode.Internal or StatusCode.Cancelled or StatusCode.Unknown =>
            Problem.From(exception).Reason == "UNKNOWN",
        _ => false,
    };
}
