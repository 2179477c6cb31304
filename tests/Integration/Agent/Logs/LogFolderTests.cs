using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Slipway.Agent.Logs;

namespace Tests.Integration.Agent.Logs;

public sealed class LogFolderTests
{
    private static readonly LogSource Source = new(7, 42, LogStream.Output);
    private static readonly LogSpec Small = new(4096, 4, TimeSpan.Zero);

    [Fact]
    public void The_files_together_never_hold_more_than_the_spec_allows_and_the_oldest_lines_go_first()
    {
        using var folder = new TemporaryFolder();
        using var log = new LogWriter(folder.Path, TimeProvider.System) { Spec = Small };
        for (var number = 0; number < 1000; number++)
        {
            Assert.Equal(0, log.Write(Line(number)));
            Assert.InRange(Directory.GetFiles(folder.Path).Sum(path => new FileInfo(path).Length), 1, 4 * 4096);
        }

        var lines = ReadAll(folder.Path);

        Assert.Equal(4, Directory.GetFiles(folder.Path).Length);
        Assert.Equal(Enumerable.Range(1000 - lines.Count, lines.Count), lines.Select(NumberOf));
        Assert.All(Directory.GetFiles(folder.Path), path =>
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path)));
    }

    [Fact]
    public void A_reader_finds_each_line_once_in_order_or_is_told_how_many_were_lost()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            ReadWhileWriting(new Random(seed));
        }
    }

    [Fact]
    public void A_reader_outlasts_files_that_are_deleted_under_it()
    {
        using var folder = new TemporaryFolder();
        using var log = new LogWriter(folder.Path, TimeProvider.System) { Spec = Small };
        log.Write(Line(0));
        using var reader = new LogReader(folder.Path);
        Assert.Equal(0, NumberOf(Assert.Single(reader.Read().Lines)));

        for (var number = 1; number < 1000; number++)
        {
            log.Write(Line(number));
        }

        var slices = Slices(reader).ToList();
        var lines = slices.SelectMany(slice => slice.Lines).ToList();

        Assert.Equal(1000, 1 + lines.Count + slices.Sum(slice => slice.Lost));
        Assert.True(slices.Sum(slice => slice.Lost) > 0);
        Assert.Equal(999, NumberOf(lines[^1]));
    }

    [Fact]
    public void Half_a_line_of_one_that_was_killed_goes_and_the_count_goes_on()
    {
        using var folder = new TemporaryFolder();
        using (var first = new LogWriter(folder.Path, TimeProvider.System))
        {
            first.Write([.. Line(0), .. Line(1)]);
        }

        File.AppendAllText(Directory.GetFiles(folder.Path).Single(), "2026-01-02T03:04");
        using var second = new LogWriter(folder.Path, TimeProvider.System);
        second.Write(Line(2));
        var lines = ReadAll(folder.Path);

        Assert.Equal([0, 1, 2], lines.Select(NumberOf));
        Assert.Equal(4, lines[^1].Next!.Line);
    }

    [Fact]
    public void A_log_that_was_begun_anew_is_read_from_its_beginning_and_the_loss_is_unknown()
    {
        using var folder = new TemporaryFolder();
        using var log = new LogWriter(folder.Path, TimeProvider.System);
        log.Write(Line(0));
        using var reader = new LogReader(folder.Path);
        reader.Seek(new LogCursor(1, 500));

        var slice = reader.Read();

        Assert.Equal(LogSlice.UnknownLoss, slice.Lost);
        Assert.Equal(0, NumberOf(Assert.Single(slice.Lines)));
    }

    [Fact]
    public void Lines_older_than_the_spec_allows_go_and_younger_ones_stay()
    {
        using var folder = new TemporaryFolder();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var log = new LogWriter(folder.Path, time) { Spec = new(1 << 20, 4, TimeSpan.FromHours(3)) };
        for (var hour = 0; hour < 10; hour++)
        {
            log.Write(Line(hour));
            File.SetLastWriteTimeUtc(
                LogSegment.ListIn(folder.Path)[^1].Path, time.GetUtcNow().UtcDateTime);
            time.Advance(TimeSpan.FromHours(1));
            Assert.Equal(TimeSpan.FromHours(1), log.Tend());
        }

        Assert.Equal([7, 8, 9], ReadAll(folder.Path).Select(NumberOf));

        time.Advance(TimeSpan.FromHours(4));
        log.Tend();
        log.Write(Line(10));
        var left = Assert.Single(ReadAll(folder.Path));

        Assert.Equal((10, 12), (NumberOf(left), left.Next!.Line));
    }

    [Theory]
    [InlineData(null, 0, 100)]
    [InlineData(10, 0, 10)]
    [InlineData(1000, 0, 100)]
    [InlineData(10, 3, 5)]
    [InlineData(2, 3, 2)]
    public async Task A_query_finds_the_last_lines_that_it_wants(int? lines, int generation, int expected)
    {
        using var folder = new TemporaryFolder();
        using var log = new LogWriter(folder.Path, TimeProvider.System) { Spec = Small };
        for (var number = 0; number < 100; number++)
        {
            log.Write(Line(number, Source with { Generation = number is >= 40 and < 45 ? 3 : 7 }));
        }

        var found = new List<LogLine>();
        var tail = new LogTail(
            folder.Path, new LogQuery { Lines = lines, Generation = generation }, TimeProvider.System);
        await foreach (var slice in tail.ReadAsync(TestContext.Current.CancellationToken))
        {
            found.AddRange(slice.Lines);
        }

        var last = generation == 0 ? 99 : 44;
        var kept = ReadAll(folder.Path).Count;
        var wanted = Math.Min(expected, generation == 0 ? kept : expected);
        Assert.Equal(Enumerable.Range(last - wanted + 1, wanted), found.Select(NumberOf));
    }

    [Theory]
    [InlineData(10, 98, 0, 90)]
    [InlineData(10, 80, 0, 80)]
    [InlineData(0, 30, 0, 30)]
    [InlineData(0, 0, 0, 0)]
    [InlineData(0, 100, 0, 100)]
    [InlineData(5, 98, 7, 95)]
    [InlineData(0, 30, 7, 30)]
    [InlineData(0, 100, 7, 100)]
    public async Task Whatever_the_number_of_lines_all_come_that_were_said_since_the_reader_asked(
        int lines, int asked, int generation, int first)
    {
        using var folder = new TemporaryFolder();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var log = new LogWriter(folder.Path, time) { Spec = new(1024, 100, TimeSpan.Zero) };
        DateTimeOffset? askedAt = null;
        for (var number = 0; number < 100; number++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            askedAt = number == asked ? time.GetUtcNow() : askedAt;
            log.Write(Line(number, Source, time.GetUtcNow()));
        }

        var query = new LogQuery
        {
            Lines = lines,
            AskedAt = askedAt ?? time.GetUtcNow().AddSeconds(1),
            Generation = generation,
        };
        var tail = new LogTail(folder.Path, query, time);
        var slices = await tail.ReadAsync(TestContext.Current.CancellationToken)
            .ToListAsync(TestContext.Current.CancellationToken);

        Assert.True(Directory.GetFiles(folder.Path).Length > 2);
        Assert.Equal(Enumerable.Range(first, 100 - first), slices.SelectMany(slice => slice.Lines).Select(NumberOf));
    }

    private static void ReadWhileWriting(Random dice)
    {
        using var folder = new TemporaryFolder();
        using var reader = new LogReader(folder.Path);
        var writer = new LogWriter(folder.Path, TimeProvider.System) { Spec = Small };
        LogCursor? place = null;
        var (written, expected) = (0, 0L);
        for (var batch = dice.Next(1, 200); written < 5000; batch = dice.Next(1, 200))
        {
            Assert.Equal(0, writer.Write([.. Enumerable.Range(written, batch).SelectMany(Line)]));
            written += batch;
            if (dice.Next(4) == 0)
            {
                writer.Dispose(); // Killed; another takes its place.
                writer = new LogWriter(folder.Path, TimeProvider.System) { Spec = Small };
            }

            if (dice.Next(3) == 0)
            {
                if (dice.Next(2) == 0)
                {
                    reader.Seek(place is null ? null : LogCursor.Parse(place.ToString()));
                }

                foreach (var slice in Slices(reader))
                {
                    expected = place is null ? NumberOf(slice.Lines[0]) : expected + slice.Lost;
                    Assert.All(slice.Lines, line => Assert.Equal(expected++, NumberOf(line)));
                    place = slice.Next;
                }

                Assert.Equal(written, expected);
            }
        }

        writer.Dispose();
    }

    private static byte[] Line(int number) => Line(number, Source);

    private static byte[] Line(int number, LogSource source) =>
        Line(number, source, TimeProvider.System.GetUtcNow());

    private static byte[] Line(int number, LogSource source, DateTimeOffset at) =>
    [
        .. LogLine.Prefix(at, source),
        .. Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"F {number} {new string('x', number % 60)}\n")),
    ];

    private static int NumberOf(LogLine line) =>
        int.Parse(line.Text.AsSpan(0, line.Text.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);

    private static List<LogLine> ReadAll(string folder)
    {
        using var reader = new LogReader(folder);
        return [.. Slices(reader).SelectMany(slice => slice.Lines)];
    }

    private static IEnumerable<LogSlice> Slices(LogReader reader)
    {
        LogSlice slice;
        do
        {
            slice = reader.Read();
            yield return slice;
        }
        while (!slice.IsAtEnd);
    }
}
