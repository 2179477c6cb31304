using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Slipway.ControlPlane.Logs;

/// <summary>
/// Puts the lines of several agents in the order of their times. It waits a little for an agent that has more to say,
/// and for none that is at its end or away; it holds one part of each.
/// </summary>
internal sealed class TailMerge(TimeProvider time)
{
    private const int MostAtOnce = 256;

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly ConcurrentQueue<Source> _added = [];
    private readonly List<Source> _sources = [];

    /// <summary>How long the others wait for one that says nothing, not even that it is at its end.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Also while it is read, as long as one of the others is not at its end.</summary>
    public void Add(TailTarget agent, ChannelReader<TailPart> output)
    {
        _added.Enqueue(new(agent, output));
        Wake();
    }

    /// <summary>Says that one of them has something new.</summary>
    public void Wake() => _wake.Writer.TryWrite(item: true);

    /// <summary>Some lines of one agent, or a part that says why there are none, or how far it was read.</summary>
    public async IAsyncEnumerable<(TailTarget Agent, TailPart Part)> ReadAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_added.TryDequeue(out var added))
            {
                _sources.Add(added);
            }

            foreach (var source in _sources)
            {
                while (source.NextWord() is { } word)
                {
                    yield return (source.Agent, word);
                }
            }

            if (_sources.TrueForAll(source => source.IsDone))
            {
                yield break;
            }

            var first = First();
            if (first is not null && !_sources.Exists(source => source.IsAwaited))
            {
                yield return (first.Agent, new TailPart { Lines = first.Take(Rival(first), MostAtOnce) });
            }
            else if (!await IsWokenAsync(first is null ? Timeout.InfiniteTimeSpan : Patience, cancellationToken))
            {
                _sources.ForEach(source => source.IsQuiet = true);
            }
        }
    }

    private async Task<bool> IsWokenAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await _wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private Source? First() => _sources.Where(source => source.Head is not null).MinBy(source => source.Head!.At);

    /// <summary>When the first line of the others was said.</summary>
    private DateTimeOffset? Rival(Source first) => _sources
        .Where(source => source != first && source.Head is not null).Min(source => source.Head?.At);

    private sealed class Source(TailTarget agent, ChannelReader<TailPart> output)
    {
        private readonly Queue<TailLine> _lines = [];
        private string _told = "";

        public TailTarget Agent { get; } = agent;

        public TailLine? Head => _lines.TryPeek(out var line) ? line : null;

        /// <summary>Whether it has more to say that may be older than what the others say.</summary>
        public bool IsAwaited => _lines.Count == 0 && !IsQuiet && !output.Completion.IsCompleted;

        public bool IsDone => _lines.Count == 0 && output.Completion.IsCompleted;

        /// <summary>Whether the others need not wait for it, until it says something again.</summary>
        public bool IsQuiet { get; set; }

        /// <summary>Reads on when there is no line left; null: there is one now, or nothing for the moment.</summary>
        public TailPart? NextWord()
        {
            while (_lines.Count == 0 && output.TryRead(out var part))
            {
                foreach (var line in part.Lines)
                {
                    _lines.Enqueue(line);
                }

                IsQuiet = part.IsAtEnd || part.Reason.Length > 0;
                if (part.Reason.Length > 0 || part.Lost != 0)
                {
                    return part with { Lines = [], Cursor = "" };
                }

                if (_lines.Count == 0 && part.Cursor.Length > 0 && part.Cursor != _told)
                {
                    _told = part.Cursor;
                    return part;
                }
            }

            return null;
        }

        public List<TailLine> Take(DateTimeOffset? until, int most)
        {
            var taken = new List<TailLine>();
            while (taken.Count < most && Head is { } head && !(head.At > until))
            {
                taken.Add(_lines.Dequeue());
                _told = head.Cursor;
            }

            return taken;
        }
    }
}
