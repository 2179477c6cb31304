using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using V1 = Slipway.Contracts.V1;

namespace Tests.Integration.ControlPlane.Registry;

/// <summary>Speaks the session's protocol over a real connection, and deploys by saying that it did.</summary>
internal sealed class SessionAgent : IAsyncDisposable
{
    private static readonly V1.DeploymentPhase[] Steps =
    [
        V1.DeploymentPhase.Fetching,
        V1.DeploymentPhase.Staging,
        V1.DeploymentPhase.Starting,
        V1.DeploymentPhase.Verifying,
    ];

    private readonly AsyncDuplexStreamingCall<V1.AgentMessage, V1.ControlMessage> _call;
    private readonly Channel<V1.ControlMessage> _heard = Channel.CreateUnbounded<V1.ControlMessage>();
    private readonly ConcurrentDictionary<string, bool> _done = [];
    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly Task _listening;

    private SessionAgent(TestAgent host, AsyncDuplexStreamingCall<V1.AgentMessage, V1.ControlMessage> call)
    {
        Host = host;
        _call = call;
        _listening = ListenAsync();
    }

    public TestAgent Host { get; }

    /// <summary>What becomes of a workload's deployment: committed unless set otherwise; null: silence.</summary>
    public Func<V1.Workload, V1.DeploymentPhase?> Outcome { get; set; } = _ => V1.DeploymentPhase.Committed;

    /// <summary>What was deployed, in order.</summary>
    public ConcurrentQueue<string> Versions { get; } = [];

    public ChannelReader<V1.ControlMessage> Heard => _heard.Reader;

    public V1.ResumeToken? Token { get; private set; }

    public static async Task<SessionAgent> ConnectAsync(
        ControlPlaneHost controlPlane,
        TestAgent host,
        V1.ResumeToken? resume = null,
        Action<SessionAgent>? prepare = null,
        uint protocol = 1,
        params string[] capabilities)
    {
        var client = new V1.Registry.RegistryClient(controlPlane.ChannelWithCertificate(host.Certificate));
        var agent = new SessionAgent(host, client.Session(cancellationToken: TestContext.Current.CancellationToken));
        prepare?.Invoke(agent);
        var hello = new V1.Hello { Protocol = protocol, Platform = "linux/amd64", Resume = resume };
        hello.Capabilities.Add(capabilities);
        await agent.SayAsync(new V1.AgentMessage { Hello = hello });
        return agent;
    }

    public async Task SayAsync(V1.AgentMessage message)
    {
        await _writer.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            await _call.RequestStream.WriteAsync(message, TestContext.Current.CancellationToken);
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>The next message of a kind; others are passed over.</summary>
    public async Task<V1.ControlMessage> HearAsync(V1.ControlMessage.MessageOneofCase kind)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await foreach (var message in _heard.Reader.ReadAllAsync(limit.Token))
        {
            if (message.MessageCase == kind)
            {
                return message;
            }
        }

        throw new InvalidOperationException($"The session ended before {kind}.", _listening.Exception);
    }

    /// <summary>Waits until the report with this sequence is acknowledged.</summary>
    public async Task HearAckAsync(uint sequence)
    {
        while ((await HearAsync(V1.ControlMessage.MessageOneofCase.ReportAck)).ReportAck.Sequence != sequence)
        {
            // An earlier one.
        }
    }

    /// <summary>Why the session ended.</summary>
    public async Task<RpcException> RefusalAsync() =>
        await Assert.ThrowsAsync<RpcException>(() => _listening.WaitAsync(TimeSpan.FromSeconds(20)));

    public Task ReportAsync(string deployment, uint sequence, V1.DeploymentPhase phase) => SayAsync(new V1.AgentMessage
    {
        Report = new V1.DeploymentReport
        {
            DeploymentId = deployment,
            Sequence = sequence,
            Phase = phase,
            At = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
            Reason = phase == V1.DeploymentPhase.Failed ? V1.FailureReason.NotReady : V1.FailureReason.Unspecified,
            Detail = phase == V1.DeploymentPhase.Failed ? "It did not listen." : "",
        },
    });

    /// <summary>Says that a run of the deployment's program was killed.</summary>
    public Task EndAsync(string deployment, uint run, string output) => SayAsync(new V1.AgentMessage
    {
        Report = new V1.DeploymentReport
        {
            DeploymentId = deployment,
            Sequence = 1000 + run,
            Phase = V1.DeploymentPhase.Committed,
            At = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
            Reason = V1.FailureReason.Signalled,
            Detail = "Ended by signal KILL.",
            Output = output,
            EndedRun = new V1.EndedRun { Run = run, Restarts = run - 1 },
        },
    });

    public async ValueTask DisposeAsync()
    {
        _call.Dispose();
        await _listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _writer.Dispose();
    }

    private async Task ListenAsync()
    {
        try
        {
            await foreach (var message in _call.ResponseStream.ReadAllAsync(TestContext.Current.CancellationToken))
            {
                _heard.Writer.TryWrite(message);
                if (message.Desired is { } desired)
                {
                    await TakeAsync(desired);
                }
            }
        }
        finally
        {
            _heard.Writer.TryComplete();
        }
    }

    private async Task TakeAsync(V1.Desired desired)
    {
        Token = desired.Token;
        var ack = new V1.DesiredAck { Epoch = desired.Token.Epoch, Revision = desired.Token.Revision };
        await SayAsync(new V1.AgentMessage { DesiredAck = ack });
        foreach (var workload in desired.Workloads)
        {
            if (Outcome(workload) is { } outcome && _done.TryAdd(workload.DeploymentId, value: true))
            {
                await DeployAsync(workload, outcome);
            }
        }
    }

    private async Task DeployAsync(V1.Workload workload, V1.DeploymentPhase outcome)
    {
        Versions.Enqueue(workload.Version);
        var sequence = 0U;
        foreach (var step in Steps)
        {
            await ReportAsync(workload.DeploymentId, ++sequence, step);
        }

        // Each twice, and an old one again: at least once is what an agent promises.
        await ReportAsync(workload.DeploymentId, ++sequence, outcome);
        await ReportAsync(workload.DeploymentId, sequence, outcome);
        await ReportAsync(workload.DeploymentId, 1, Steps[0]);
    }
}
