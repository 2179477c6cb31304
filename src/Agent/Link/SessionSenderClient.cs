using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Slipway.Agent.Deployments;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>
/// The one writer of a session. It keeps no queue: whenever something may be new it compares what was said with what
/// is.
/// </summary>
internal sealed class SessionSenderClient(
    IClientStreamWriter<V1.AgentMessage> stream,
    LinkedDeployments deployments,
    TimeSpan heartbeat,
    TimeProvider timeProvider)
{
    /// <summary>Reports on their way at once; the rest wait for acknowledgements.</summary>
    private const int MostUnacknowledged = 32;

    private static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(10);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(capacity: 1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly HashSet<(string DeploymentId, uint Sequence)> _sent = [];
    private DesiredToken? _accepted;
    private V1.ObservedState? _observed;

    /// <summary>The state with this token is on disk: the control plane may know.</summary>
    public void Acknowledge(DesiredToken token)
    {
        Volatile.Write(ref _accepted, token);
        Wake();
    }

    /// <summary>Something may be new.</summary>
    public void Wake() => _wake.Writer.TryWrite(item: true);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var changes = deployments.Changes.WaitToReadAsync(cancellationToken).AsTask();
        var wake = _wake.Reader.WaitToReadAsync(cancellationToken).AsTask();
        var beat = Task.Delay(heartbeat, timeProvider, cancellationToken);
        while (true)
        {
            await SendNewsAsync(cancellationToken);
            await await Task.WhenAny(changes, wake, beat);
            if (beat.IsCompleted)
            {
                await WriteAsync(new() { Heartbeat = new() { At = Now() } }, cancellationToken);
                beat = Task.Delay(heartbeat, timeProvider, cancellationToken);
            }

            if (wake.IsCompleted)
            {
                _wake.Reader.TryRead(out _);
                wake = _wake.Reader.WaitToReadAsync(cancellationToken).AsTask();
            }

            if (changes.IsCompleted && !await changes)
            {
                throw new OperationCanceledException("The deployments have stopped.");
            }

            if (changes.IsCompleted)
            {
                deployments.Changes.TryRead(out _);
                changes = deployments.Changes.WaitToReadAsync(cancellationToken).AsTask();
            }
        }
    }

    private async Task SendNewsAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _accepted, value: null) is { } token)
        {
            await WriteAsync(
                new() { DesiredAck = new() { Epoch = token.Epoch, Revision = token.Revision } }, cancellationToken);
        }

        // Read after the reports and said before them: a release that is told to be committed is seen to serve.
        var pending = deployments.Pending();
        if (deployments.Observe() is not { } workloads)
        {
            return;
        }

        var observed = ReportClient.Observed(workloads);
        if (!observed.Equals(_observed))
        {
            _observed = observed;
            await WriteAsync(new() { Observed = observed }, cancellationToken);
        }

        _sent.IntersectWith(pending.Select(Identify));
        foreach (var report in pending.Take(MostUnacknowledged).Where(report => _sent.Add(Identify(report))))
        {
            await WriteAsync(ReportClient.Report(report), cancellationToken);
        }
    }

    private static (string DeploymentId, uint Sequence) Identify(DeploymentReport report) =>
        (report.DeploymentId, report.Sequence);

    private async Task WriteAsync(V1.AgentMessage message, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(WriteTimeout, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await stream.WriteAsync(message, either.Token);
    }

    private Timestamp Now() => Timestamp.FromDateTimeOffset(timeProvider.GetUtcNow());
}
