using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Slipway.ControlPlane.Messaging;

namespace Slipway.ControlPlane.Logs;

/// <summary>The agents that one reader reads; one who follows all of them also reads those that join.</summary>
internal sealed partial class TailGroup(TailParts parts, Func<TailTarget, AgentTail> tailOf)
{
    private static readonly TimeSpan Backstop = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<AgentTail> _tails = [];
    private readonly ConcurrentQueue<Task> _running = [];
    private readonly TailMerge _merge = new(parts.Time);

    public int Count => _tails.Count;

    /// <summary>Why there was nothing of any of them; null: there was.</summary>
    public AgentTail? Failed => _tails.All(tail => tail.Failure is not null) ? _tails.First() : null;

    /// <summary>What they say, to the end of all.</summary>
    /// <param name="agents">Those that are there from the beginning.</param>
    /// <param name="joining">The workload, whoever comes to run it; null: nobody joins.</param>
    /// <param name="cancellationToken">The reader leaves.</param>
    public async IAsyncEnumerable<(TailTarget Agent, TailPart Part)> ReadAsync(
        IReadOnlyList<TailTarget> agents,
        TailWorkload? joining,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        foreach (var agent in agents)
        {
            Add(agent, word: null, ending.Token);
        }

        var watching = joining is null ? Task.CompletedTask : JoinAsync(joining, ending.Token);
        try
        {
            await foreach (var said in _merge.ReadAsync(ending.Token))
            {
                yield return said;
            }
        }
        finally
        {
            await ending.CancelAsync();
            await watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(_running);
    }

    private void Add(TailTarget agent, TailPart? word, CancellationToken cancellationToken)
    {
        var tail = tailOf(agent);
        _tails.Enqueue(tail);
        _merge.Add(agent, tail.Output);
        _running.Enqueue(tail.RunAsync(word, _merge.Wake, cancellationToken));
    }

    /// <summary>A control plane that has no room for one more, or cannot reach its database, looks again.</summary>
    private async Task JoinAsync(TailWorkload workload, CancellationToken cancellationToken)
    {
        using var hints = parts.Hints.Subscribe(HintTopic.Environment(workload.Application, workload.Environment));
        while (true)
        {
            await hints.NextAsync(Backstop, parts.Time, cancellationToken);
            try
            {
                var known = _tails.Select(tail => tail.Agent.Id).ToHashSet();
                foreach (var agent in await parts.Targets.RunningAsync(workload, cancellationToken))
                {
                    if (!known.Contains(agent.Id) && parts.Tails.HasRoomFor(1))
                    {
                        Add(agent, JoinedBy(agent, workload), cancellationToken);
                    }
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                Log.NotLooked(parts.Logger, exception);
            }
        }
    }

    private static TailPart JoinedBy(TailTarget agent, TailWorkload workload) =>
        TailPart.Refusal("AGENT_JOINED", $"{agent.Name} runs {workload} now: its lines follow.");

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Did not look for agents whose logs are to be followed; looking again")]
        public static partial void NotLooked(ILogger logger, Exception exception);
    }
}
