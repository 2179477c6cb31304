using System.Runtime.CompilerServices;

namespace Slipway.Agent.Logs;

/// <summary>Reads what a query wants, and follows what comes.</summary>
internal sealed class LogTail(string folder, LogQuery query, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private static readonly LogSlice Searching = new([], Next: null, Lost: 0, IsAtEnd: false);

    /// <summary>Slices in order; one without lines says how far was read, and at the end: wait.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public async IAsyncEnumerable<LogSlice> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var begin = query.Cursor;
        if (begin is null && query.Lines is { } count)
        {
            foreach (var place in Last(count))
            {
                cancellationToken.ThrowIfCancellationRequested();
                begin = place;
                yield return Searching;
            }
        }

        using var reader = new LogReader(folder);
        reader.Seek(begin);
        while (true)
        {
            var slice = reader.Read();
            yield return slice with { Lines = [.. slice.Lines.Where(query.Wants)] };
            cancellationToken.ThrowIfCancellationRequested();
            if (slice.IsAtEnd)
            {
                if (!query.IsFollowing)
                {
                    yield break;
                }

                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    /// <summary>Where the last lines begin that are wanted, ever better known; the last answer is right.</summary>
    private IEnumerable<LogCursor?> Last(int count)
    {
        using var reader = new LogReader(folder);
        if (!query.HasFilter)
        {
            yield return LastOf(reader, count);
            yield break;
        }

        var places = new Queue<LogCursor>();
        LogSlice slice;
        do
        {
            slice = reader.Read();
            foreach (var line in slice.Lines.Where(query.Wants))
            {
                places.Enqueue(line.Next!.Skip(-1));
                if (places.Count > count)
                {
                    places.Dequeue();
                }
            }

            yield return places.Count > 0 ? places.Peek() : slice.Next;
        }
        while (!slice.IsAtEnd);
    }

    /// <summary>Only the newest file has to be read to know how many lines there are.</summary>
    private LogCursor? LastOf(LogReader reader, int count)
    {
        if (LogSegment.ListIn(folder) is not [var first, ..] segments)
        {
            return null;
        }

        reader.Seek(segments[^1].First);
        LogSlice slice;
        do
        {
            slice = reader.Read();
        }
        while (!slice.IsAtEnd);

        var end = slice.Next ?? segments[^1].First;
        var begin = end.Skip(-count);
        return first.First.IsAfter(begin) ? first.First : begin;
    }
}
