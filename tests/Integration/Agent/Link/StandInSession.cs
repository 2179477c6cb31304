using System.Threading.Channels;
using Grpc.Core;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.Agent.Link;

/// <summary>One agent's session, as the control plane's side sees it.</summary>
internal sealed class StandInSession(
    V1.Hello hello, string thumbprint, IServerStreamWriter<V1.ControlMessage> responses)
{
    private readonly Channel<V1.AgentMessage> _received = Channel.CreateUnbounded<V1.AgentMessage>();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public V1.Hello Hello => hello;

    public string Thumbprint => thumbprint;

    /// <summary>The session is over on this side too.</summary>
    public Task Ended => _ended.Task;

    public Task SendAsync(V1.ControlMessage message) => responses.WriteAsync(message);

    /// <summary>The next message of the kind.</summary>
    public async Task<V1.AgentMessage> ReceiveAsync(V1.AgentMessage.MessageOneofCase kind)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (true)
        {
            var message = await _received.Reader.ReadAsync(limit.Token);
            if (message.MessageCase == kind)
            {
                return message;
            }
        }
    }

    /// <summary>Whether a message of the kind has come by now.</summary>
    public bool HasReceived(V1.AgentMessage.MessageOneofCase kind)
    {
        while (_received.Reader.TryRead(out var message))
        {
            if (message.MessageCase == kind)
            {
                return true;
            }
        }

        return false;
    }

    public void End() => _ending.SetResult();

    internal async Task RunAsync(IAsyncStreamReader<V1.AgentMessage> requests, CancellationToken cancellationToken)
    {
        try
        {
            var reading = ReadAsync(requests, cancellationToken);
            await await Task.WhenAny(reading, _ending.Task);
        }
        finally
        {
            _ended.SetResult();
        }
    }

    private async Task ReadAsync(IAsyncStreamReader<V1.AgentMessage> requests, CancellationToken cancellationToken)
    {
        try
        {
            while (await requests.MoveNext(cancellationToken))
            {
                await _received.Writer.WriteAsync(requests.Current, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The agent left.
        }
    }
}
