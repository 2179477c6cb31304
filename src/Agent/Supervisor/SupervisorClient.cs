using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Grpc.Core;
using Slipway.Shared.Rpc;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// Speaks with the supervisor of one folder. Throws <see cref="ProblemException"/>: SUPERVISOR_UNAVAILABLE when none
/// answers, SUPERVISOR_REFUSED when it refuses.
/// </summary>
internal sealed class SupervisorClient(string folder, TimeProvider time)
{
    private const int Attempts = 3;

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(15);

    public Task<SupervisorState> StateAsync(CancellationToken cancellationToken) =>
        AskAsync(new SupervisorRequest(SupervisorVerb.State), cancellationToken);

    /// <summary>Starts a generation and returns at once; the same ticket a second time only asks.</summary>
    public Task<SupervisorState> StartAsync(string ticket, GenerationSpec spec, CancellationToken cancellationToken) =>
        AskAsync(new SupervisorRequest(SupervisorVerb.Start, ticket, spec), cancellationToken);

    public Task<SupervisorState> PromoteAsync(string ticket, CancellationToken cancellationToken) =>
        AskAsync(new SupervisorRequest(SupervisorVerb.Promote, ticket), cancellationToken);

    public Task<SupervisorState> DiscardAsync(string ticket, CancellationToken cancellationToken) =>
        AskAsync(new SupervisorRequest(SupervisorVerb.Discard, ticket), cancellationToken);

    /// <summary>Asks the supervisor to become another program; the state tells later what came of it.</summary>
    public Task<SupervisorState> UpgradeAsync(string program, CancellationToken cancellationToken) =>
        AskAsync(new SupervisorRequest(SupervisorVerb.Upgrade) { Program = program }, cancellationToken);

    /// <summary>Stops all generations and the supervisor; returns when it has gone.</summary>
    public async Task ShutdownAsync(CancellationToken cancellationToken)
    {
        var connection = await ConnectAsync(cancellationToken);
        while (connection is not null)
        {
            await using (connection)
            {
                await AskToEndAsync(connection, cancellationToken);
            }

            // Its end closes the connection, but an upgrade does so, too.
            connection = await TryConnectAsync(cancellationToken);
        }
    }

    /// <summary>The state now and after each change, until the supervisor ends.</summary>
    public async IAsyncEnumerable<SupervisorState> WatchAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var connection = await ConnectAsync(cancellationToken);
        await SendAsync(connection, new SupervisorRequest(SupervisorVerb.Watch), cancellationToken);
        using var reader = new StreamReader(connection);
        while (await ReadAsync(reader, cancellationToken) is { } state)
        {
            yield return state;
        }
    }

    private async Task<SupervisorState> AskAsync(SupervisorRequest request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(AnswerLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                using var connection = await ConnectAsync(either.Token);
                try
                {
                    return await AskAsync(connection, request, either.Token);
                }
                catch (ProblemException e) when (e.Problem.Code == StatusCode.Unavailable && attempt < Attempts)
                {
                    // It may have been upgraded meanwhile; everything can be asked twice.
                }
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable($"no answer within {AnswerLimit.TotalSeconds:0} s", e);
        }
    }

    private async Task<SupervisorState> AskAsync(
        NetworkStream connection, SupervisorRequest request, CancellationToken cancellationToken)
    {
        await SendAsync(connection, request, cancellationToken);
        using var reader = new StreamReader(connection, leaveOpen: true);
        return await ReadAsync(reader, cancellationToken) ?? throw Unavailable("it closed the connection", inner: null);
    }

    private async Task AskToEndAsync(NetworkStream connection, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(connection, new SupervisorRequest(SupervisorVerb.Shutdown), cancellationToken);
            using var reader = new StreamReader(connection, leaveOpen: true);
            while (await ReadAsync(reader, cancellationToken) is not null)
            {
                // It has not ended yet.
            }
        }
        catch (ProblemException e) when (e.Problem.Code == StatusCode.Unavailable)
        {
            // Reset: whether it has ended, the next connection tells.
        }
    }

    private async Task<NetworkStream?> TryConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ConnectAsync(cancellationToken);
        }
        catch (ProblemException e) when (e.Problem.Code == StatusCode.Unavailable)
        {
            return null;
        }
    }

    private async Task<NetworkStream> ConnectAsync(CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var address = new ControlAddress(folder);
            await socket.ConnectAsync(address.EndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception e) when (e is SocketException or Win32Exception)
        {
            socket.Dispose();
            throw Unavailable(e.Message, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task SendAsync(Stream connection, SupervisorRequest request, CancellationToken cancellationToken)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(request, SupervisorJson.Default.SupervisorRequest), 10];
        try
        {
            await connection.WriteAsync(line, cancellationToken);
        }
        catch (IOException e)
        {
            throw Unavailable(e.Message, e);
        }
    }

    private async Task<SupervisorState?> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            var line = await reader.ReadLineAsync(cancellationToken);
            var reply = line is null ? null : JsonSerializer.Deserialize(line, SupervisorJson.Default.SupervisorReply);
            return reply?.Refusal is { } refusal
                ? throw new ProblemException(
                    new Problem(StatusCode.FailedPrecondition, "SUPERVISOR_REFUSED", refusal))
                : reply?.State;
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            // The kernel resets a connection whose peer was killed; half a line may have come before.
            throw Unavailable(e.Message, e);
        }
    }

    private ProblemException Unavailable(string why, Exception? inner) => new(
        new Problem(StatusCode.Unavailable, "SUPERVISOR_UNAVAILABLE", $"The supervisor of {folder}: {why}."), inner);
}
