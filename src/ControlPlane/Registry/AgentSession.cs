using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Registry;

/// <summary>One agent's open stream: what there is to tell it, and why it has to end.</summary>
/// <remarks>Acknowledgements queue up to a bound; "look at the desired state" is one flag: the newest wins.</remarks>
internal sealed class AgentSession(Guid agentId, Guid id) : IDisposable
{
    private const int MostAcknowledgements = 256;
    private const int MostOrders = 64;

    private readonly Channel<ReportMark> _acknowledgements = Channel.CreateBounded<ReportMark>(MostAcknowledgements);
    private readonly Channel<TailOrder> _orders = Channel.CreateBounded<TailOrder>(MostOrders);
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly CancellationTokenSource _ended = new();
    private int _isDirty = 1;
    private int _isDraining;

    public Guid AgentId { get; } = agentId;

    public string Id { get; } = id.ToString("N");

    /// <summary>The desired state that the agent has, as far as it was told.</summary>
    public DesiredMark? Told { get; set; }

    /// <summary>Whether the agent knows how to supply logs.</summary>
    public bool CanTail { get; set; }

    /// <summary>Set once the session has to end; null when the agent itself went away.</summary>
    public Problem? Ending { get; private set; }

    public CancellationToken Ended => _ended.Token;

    public bool IsDraining => Volatile.Read(ref _isDraining) == 1;

    public void LookAgain()
    {
        Volatile.Write(ref _isDirty, 1);
        _wake.Writer.TryWrite(item: true);
    }

    public bool TakeDirty() => Interlocked.Exchange(ref _isDirty, 0) == 1;

    /// <summary>Asks the agent to come back later, to any replica.</summary>
    public void Drain()
    {
        Volatile.Write(ref _isDraining, 1);
        _wake.Writer.TryWrite(item: true);
    }

    public void Acknowledge(ReportMark report)
    {
        if (!_acknowledgements.Writer.TryWrite(report))
        {
            End(SessionProblems.SlowReader());
        }

        _wake.Writer.TryWrite(item: true);
    }

    /// <summary>Asks for a log; false: too many such wishes wait already.</summary>
    public bool Ask(TailOrder order)
    {
        var isTaken = _orders.Writer.TryWrite(order);
        _wake.Writer.TryWrite(item: true);
        return isTaken;
    }

    public bool TryNextOrder([NotNullWhen(true)] out TailOrder? order) => _orders.Reader.TryRead(out order);

    public bool TryNextAcknowledgement([NotNullWhen(true)] out ReportMark? report) =>
        _acknowledgements.Reader.TryRead(out report);

    /// <summary>Until there is something to tell; false when the time was up first.</summary>
    public async Task<bool> WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            await _wake.Reader.ReadAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public void End(Problem problem)
    {
        Ending ??= problem;
        try
        {
            _ended.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in the meantime.
        }
    }

    public void Dispose() => _ended.Dispose();
}

/// <summary>A report that was taken in.</summary>
internal sealed record ReportMark(string DeploymentId, long Sequence);

/// <summary>A desired state, by name.</summary>
internal sealed record DesiredMark(long Epoch, long Revision);

/// <summary>Why sessions end.</summary>
internal static class SessionProblems
{
    // An agent takes this and as much again by chance, so that those who were turned away come spread out.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    public static Problem SlowReader() => new(
        StatusCode.ResourceExhausted, "SLOW_READER", "The agent does not read what it is sent: connect again.");

    public static Problem Duplicate() => new(
        StatusCode.AlreadyExists,
        "DUPLICATE_SESSION",
        "A newer session of the same agent took over. If another host has a copy of its state, enrol it anew.");

    public static Problem Removed() => new(
        StatusCode.PermissionDenied, "AGENT_REMOVED", "This agent was removed: enrol it again with a new token.");

    public static Problem TooMany() => new(
        StatusCode.ResourceExhausted, "TOO_MANY_SESSIONS", "Too many agents connect at once; try again in a while.")
    {
        RetryAfter = RetryDelay,
    };

    public static Problem TooOld(uint protocol) => new(
        StatusCode.FailedPrecondition,
        "AGENT_TOO_OLD",
        $"This control plane speaks version 1 of the protocol, the agent version {protocol}: upgrade the agent.");

    public static Problem TooLarge(int size, int limit) => new(
        StatusCode.ResourceExhausted, "MESSAGE_TOO_LARGE", $"A message has {size} bytes; {limit} are allowed.");

    public static Problem Silent(TimeSpan lease) => new(
        StatusCode.DeadlineExceeded, "LEASE_EXPIRED", $"The agent said nothing for {lease.TotalSeconds:0.#} s.");

    public static Problem Stopping() => new(
        StatusCode.Unavailable, "STOPPING", "The control plane is stopping; try again.");
}
