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
        LogCursor? said = null;
        LogSlice slice;
        do
        {
            slice = reader.Read();
            foreach (var line in slice.Lines.Where(query.Wants))
            {
                var place = line.Next!.Skip(-1);
                said ??= line.At >= query.AskedAt ? place : null;
                places.Enqueue(place);
                if (places.Count > count)
                {
                    places.Dequeue();
                }
            }

            yield return Earlier(places.Count > 0 ? places.Peek() : slice.Next, said);
        }
        while (!slice.IsAtEnd);
    }

    /// <summary>The newest file is enough, unless all of it was said since the reader asked.</summary>
    private LogCursor? LastOf(LogReader reader, int count)
    {
        if (LogSegment.ListIn(folder) is not [var oldest, ..] segments)
        {
            return null;
        }

        var (said, hasOlder, end) = Scan(reader, segments[^1].First, until: null);
        for (var index = segments.Count - 1; index > 0 && !hasOlder; index--)
        {
            (var first, hasOlder, _) = Scan(reader, segments[index - 1].First, segments[index].First);
            said = first ?? said;
        }

        var begin = end.Skip(-count);
        return Earlier(oldest.First.IsAfter(begin) ? oldest.First : begin, said);
    }

    /// <summary>The first line since the reader asked, whether there are older ones, and the end.</summary>
    private (LogCursor? Said, bool HasOlder, LogCursor End) Scan(LogReader reader, LogCursor first, LogCursor? until)
    {
        LogCursor? said = null;
        var hasOlder = query.AskedAt is null;
        reader.Seek(first);
        while (true)
        {
            var slice = reader.Read();
            foreach (var line in slice.Lines)
            {
                if (until is not null && line.Next!.IsAfter(until))
                {
                    return (said, hasOlder, until);
                }

                var isNew = line.At >= query.AskedAt;
                hasOlder |= !isNew;
                said ??= isNew ? line.Next!.Skip(-1) : null;
            }

            if (slice.IsAtEnd)
            {
                return (said, hasOlder, slice.Next ?? first);
            }
        }
    }

    private static LogCursor? Earlier(LogCursor? place, LogCursor? other) =>
        other is not null && place?.IsAfter(other) == true ? other : place;
}
