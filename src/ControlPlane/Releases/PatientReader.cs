using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Releases;

/// <summary>Reads a caller's stream, but does not wait for ever: a dead peer would keep its upload's turn.</summary>
internal sealed class PatientReader<T>(IAsyncStreamReader<T> stream, TimeSpan patience)
{
    public T Current => stream.Current;

    /// <exception cref="ProblemException">UPLOAD_STALLED: nothing came for too long.</exception>
    public async Task<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        var next = stream.MoveNext(cancellationToken);
        if (next.IsCompleted)
        {
            return await next;
        }

        try
        {
            return await next.WaitAsync(patience, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new ProblemException(
                new Problem(
                    StatusCode.DeadlineExceeded,
                    "UPLOAD_STALLED",
                    $"Nothing came for {patience.TotalSeconds} s; push again, it resumes where it stopped."),
                exception);
        }
    }
}
