using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using Slipway.Agent.Deployments;
using Slipway.Agent.Logs;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>
/// Supplies logs that the control plane asks for, each over a connection of its own: however slowly somebody reads
/// there, the session never waits for it.
/// </summary>
internal sealed partial class SupplyClient(
    Func<WorkloadKey, string?> logOf, TimeProvider timeProvider, ILogger logger) : IAsyncDisposable
{
    private const int MostAtOnce = 16;
    private const int MostRefusalsAtOnce = 16;
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<string, Task> _supplies = new();
    private readonly ConcurrentDictionary<string, Task> _refusals = new();

    private delegate Task Writer(
        IClientStreamWriter<V1.SupplyLogsRequest> call, V1.TailRequest request, CancellationToken cancellationToken);

    /// <summary>Begins, and returns at once. The control plane ends it by ending the call.</summary>
    public void Start(Peer peer, V1.TailRequest request)
    {
        Forget(_supplies);
        Forget(_refusals);
        if (_ending.IsCancellationRequested)
        {
            return;
        }

        if (_supplies.Count < MostAtOnce)
        {
            _ = _supplies.GetOrAdd(request.Id, _ => RunAsync(peer, request, WriteAllAsync));
        }
        else if (_refusals.Count < MostRefusalsAtOnce)
        {
            _ = _refusals.GetOrAdd(request.Id, _ => RunAsync(peer, request, RefuseAsync));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await Task.WhenAll([.. _supplies.Values, .. _refusals.Values])
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private static void Forget(ConcurrentDictionary<string, Task> calls)
    {
        foreach (var (id, _) in calls.Where(call => call.Value.IsCompleted))
        {
            calls.TryRemove(id, out _);
        }
    }

    private async Task RunAsync(Peer peer, V1.TailRequest request, Writer write)
    {
        await Task.Yield();
        try
        {
            await SupplyAsync(peer, request, write);
        }
        catch (Exception exception) when (Refusal.Covers(exception))
        {
            // Whoever still wants it asks again.
            Log.Ended(logger, request.Application, request.Environment, exception.Message);
        }
    }

    private async Task SupplyAsync(Peer peer, V1.TailRequest request, Writer write)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        using var channel = GrpcChannel.ForAddress(peer.ControlPlane, new()
        {
            DisposeHttpClient = true,
            HttpHandler = ControlPlaneHandler.Mutual(peer.Identity),
        });
        using var call = new V1.Logs.LogsClient(channel).Supply(cancellationToken: ending.Token);
        await WriteAsync(call.RequestStream, new() { Id = request.Id }, ending.Token);
        var writing = write(call.RequestStream, request, ending.Token);
        try
        {
            // The control plane's answer is the word that nobody reads any more.
            if (await Task.WhenAny(writing, call.ResponseAsync) == writing)
            {
                await writing;
                await call.RequestStream.CompleteAsync();
            }

            await call.ResponseAsync.WaitAsync(Patience, timeProvider, ending.Token);
        }
        finally
        {
            await ending.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Without an answer the reader would take this host for broken.
    private Task RefuseAsync(
        IClientStreamWriter<V1.SupplyLogsRequest> call, V1.TailRequest request, CancellationToken cancellationToken)
    {
        var message = $"it supplies {MostAtOnce} logs at once, its most: end another reader, or try again later.";
        return WriteAsync(call, new() { Reason = "TOO_MANY_TAILS", Message = message }, cancellationToken);
    }

    private async Task WriteAllAsync(
        IClientStreamWriter<V1.SupplyLogsRequest> call, V1.TailRequest request, CancellationToken cancellationToken)
    {
        if (request.Cursor.Length > 0 && LogCursor.Parse(request.Cursor) is null)
        {
            var message = $"cursor: '{request.Cursor}' is none; take one from a line.";
            await WriteAsync(call, new() { Reason = "INVALID_FIELD", Message = message }, cancellationToken);
            return;
        }

        if (FolderOf(request) is not { } folder)
        {
            var message = $"there is nothing of {request.Application}/{request.Environment} here yet.";
            await WriteAsync(call, new() { Reason = "WORKLOAD_NOT_FOUND", Message = message }, cancellationToken);
            return;
        }

        try
        {
            var said = timeProvider.GetTimestamp();
            var wasAtEnd = false;
            var tail = new LogTail(folder, QueryOf(request), timeProvider);
            await foreach (var slice in tail.ReadAsync(cancellationToken))
            {
                var isNews = slice.Lines.Count > 0 || slice.Lost != 0 || slice.IsAtEnd != wasAtEnd;
                if (isNews || timeProvider.GetElapsedTime(said) >= Beat)
                {
                    await WriteAsync(call, MessageOf(slice), cancellationToken);
                    (said, wasAtEnd) = (timeProvider.GetTimestamp(), slice.IsAtEnd);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await WriteAsync(
                call, new() { Reason = "LOG_UNREADABLE", Message = exception.Message }, cancellationToken);
        }
    }

    // The names come from outside and become a path.
    private string? FolderOf(V1.TailRequest request) =>
        DesiredCheck.IsName(request.Application) && DesiredCheck.IsName(request.Environment)
            ? logOf(new(request.Application, request.Environment))
            : null;

    // Waiting is what slows the reading down when nobody takes it.
    private async Task WriteAsync(
        IClientStreamWriter<V1.SupplyLogsRequest> call,
        V1.SupplyLogsRequest message,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        await call.WriteAsync(message, either.Token);
    }

    private static LogQuery QueryOf(V1.TailRequest request) => new()
    {
        Cursor = LogCursor.Parse(request.Cursor),
        Generation = request.Generation,
        IsFollowing = request.Follow,
        Lines = request.HasLines ? Math.Max(0, request.Lines) : null,
        Since = request.Since?.ToDateTimeOffset(),
        AskedAt = request.AskedAt?.ToDateTimeOffset(),
        Stream = (LogStream)request.Stream,
    };

    private static V1.SupplyLogsRequest MessageOf(LogSlice slice) => new()
    {
        AtEnd = slice.IsAtEnd,
        Cursor = slice.Next?.ToString() ?? "",
        Lines = { slice.Lines.Select(LineOf) },
        Lost = slice.Lost,
    };

    private static V1.LogLine LineOf(LogLine line) => new()
    {
        At = Timestamp.FromDateTimeOffset(line.At),
        Cursor = line.Next?.ToString() ?? "",
        Generation = line.Source.Generation,
        Partial = line.IsPartial,
        Pid = line.Source.Pid,
        Stream = (V1.LogLine.Types.Stream)line.Source.Stream,
        Text = line.Text,
    };

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Supplying the log of {Application}/{Environment} ended: {Why}")]
        public static partial void Ended(ILogger logger, string application, string environment, string why);
    }
}
