using System.Runtime.CompilerServices;

namespace Slipway.Agent.Logs;

/// <summary>Reads what a query wants, and follows what comes.</summary>
internal sealed class LogTail(string folder, LogQuery query, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Slices in order; one without lines says how far was read, and at the end: wait.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public async IAsyncEnumerable<LogSlice> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new LogReader(folder);
        reader.Seek(query.Cursor ?? (query.Lines is { } lines ? Last(lines, cancellationToken) : null));
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

    /// <summary>Where the last lines begin that are wanted.</summary>
    private LogCursor? Last(int count, CancellationToken cancellationToken)
    {
        using var reader = new LogReader(folder);
        if (!query.HasFilter)
        {
            return LastOf(reader, count);
        }

        var places = new Queue<LogCursor>();
        LogSlice slice;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            slice = reader.Read();
            foreach (var line in slice.Lines.Where(query.Wants))
            {
                places.Enqueue(line.Next!.Skip(-1));
                if (places.Count > count)
                {
                    places.Dequeue();
                }
            }
        }
        while (!slice.IsAtEnd);

        return places.Count > 0 ? places.Peek() : slice.Next;
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
