using System.Net.Sockets;

namespace Tests.Kit.Load;

/// <summary>
/// Keeps a server busy and counts every failed request with its reason. It believes what the server says and forgives
/// nothing: a connection that was not announced to close must take the next request.
/// </summary>
public sealed class LoadGenerator : IAsyncDisposable
{
    private readonly LoadOptions _options;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _failures = [];
    private readonly Dictionary<string, AnswerCount> _answers = [];
    private readonly Dictionary<string, TaskCompletionSource> _awaited = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private readonly Task _loops;
    private TimeSpan _slowest;

    private LoadGenerator(LoadOptions options)
    {
        _options = options;
        _loops = Task.WhenAll(Enumerable.Range(0, options.Connections).Select(_ => Task.Run(LoopAsync)));
    }

    private TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_started);

    public static LoadGenerator Start(LoadOptions options) => new(options);

    public LoadReport Snapshot()
    {
        lock (_lock)
        {
            return new LoadReport(
                new Dictionary<string, long>(_failures),
                [.. _answers.Values.OrderBy(answer => answer.First)],
                _slowest,
                Elapsed);
        }
    }

    /// <summary>Ends when a first answer of this kind has come.</summary>
    public async Task AnsweredAsync(string kind, CancellationToken cancellationToken)
    {
        Task answered;
        lock (_lock)
        {
            if (_answers.ContainsKey(kind))
            {
                return;
            }

            if (!_awaited.TryGetValue(kind, out var source))
            {
                source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _awaited.Add(kind, source);
            }

            answered = source.Task;
        }

        await answered.WaitAsync(cancellationToken);
    }

    /// <summary>Lets the requests under way end, and counts them, too.</summary>
    public async Task<LoadReport> StopAsync()
    {
        await _stop.CancelAsync();
        await _loops;
        return Snapshot();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        LoadConnection? connection = null;
        while (!_stop.IsCancellationRequested)
        {
            var before = Elapsed;
            using var deadline = new CancellationTokenSource(_options.RequestTimeout);
            var step = "connect";
            try
            {
                connection ??= await LoadConnection.OpenAsync(_options.Target, deadline.Token);
                step = "request";
                var answer = await connection.AskAsync(_options.Path, _options.KeepAlive, deadline.Token);
                Count(answer, before);
                if (!answer.KeepsAlive || !_options.KeepAlive)
                {
                    connection.Dispose();
                    connection = null;
                }

                await PauseAsync(_options.Pause);
            }
            catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
            {
                Fail(step, error);
                connection?.Dispose();
                connection = null;
                // A refused connection costs nothing: without a pause the count would say how fast this loop spins.
                await PauseAsync(TimeSpan.FromMilliseconds(10));
            }
        }

        connection?.Dispose();
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, TimeProvider.System, _stop.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Count(LoadAnswer answer, TimeSpan before)
    {
        if (answer.Status is < 200 or > 299)
        {
            Fail($"status {answer.Status}");
            return;
        }

        var now = Elapsed;
        var kind = _options.Classify(answer.Body);
        lock (_lock)
        {
            _slowest = now - before > _slowest ? now - before : _slowest;
            _answers[kind] = _answers.TryGetValue(kind, out var count)
                ? count with { Count = count.Count + 1, Last = now }
                : new AnswerCount(kind, 1, now, now);
            if (_awaited.Remove(kind, out var awaited))
            {
                awaited.SetResult();
            }
        }
    }

    private void Fail(string step, Exception error) => Fail(error switch
    {
        SocketException socket => $"{step}: {socket.SocketErrorCode}",
        OperationCanceledException => $"{step}: no answer within {_options.RequestTimeout.TotalSeconds:0} s",
        _ => $"{step}: {error.Message}",
    });

    private void Fail(string reason)
    {
        lock (_lock)
        {
            _failures[reason] = _failures.GetValueOrDefault(reason) + 1;
        }
    }
}
