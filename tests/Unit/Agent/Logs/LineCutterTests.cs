using System.Text;
using CsCheck;
using Slipway.Agent.Logs;

namespace Tests.Unit.Agent.Logs;

public class LineCutterTests
{
    private static readonly LogSource Source = new(3, 4711, LogStream.Error);
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public void A_line_that_has_not_ended_waits_until_it_does_or_nothing_follows()
    {
        List<byte> said = [.. "whole\nhalf"u8];

        Assert.Equal(["whole"], Cut(said, isEnd: false).Select(line => line.Text));
        Assert.Equal("half"u8.ToArray(), said);
        said.AddRange(" done\nrest"u8);
        Assert.Equal(["half done", "rest"], Cut(said, isEnd: true).Select(line => line.Text));
        Assert.Empty(said);
    }

    [Fact]
    public void A_long_line_is_cut_between_characters_and_goes_on_in_the_next()
    {
        List<byte> said = [.. Encoding.UTF8.GetBytes($"x{new string('ü', LogLine.Most)}\nshort\n")];

        var lines = Cut(said, isEnd: false);

        Assert.Equal([true, true, false, false], lines.Select(line => line.IsPartial));
        Assert.Equal($"x{new string('ü', LogLine.Most)}", string.Concat(lines.Take(3).Select(line => line.Text)));
        Assert.Equal("short", lines[3].Text);
    }

    [Fact]
    public void A_line_keeps_its_time_source_and_text_whatever_is_in_it() => Gen.Select(
        Gen.Byte.Array[0, 200], Gen.Int[0, int.MaxValue], Gen.Long[0, TimeSpan.TicksPerDay * 365]).Sample(
        (text, pid, ticks) =>
        {
            var bytes = text.Where(letter => letter is not ((byte)'\n' or (byte)'\r')).ToArray();
            var source = Source with { Pid = pid };
            byte[] line = [.. LogLine.Prefix(Now.AddTicks(ticks), source), .. "F "u8, .. bytes];

            var read = LogLine.Parse(line);

            Assert.Equal((Now.AddTicks(ticks), source), (read.At, read.Source));
            Assert.Equal((false, Encoding.UTF8.GetString(bytes)), (read.IsPartial, read.Text));
        });

    [Fact]
    public void Nothing_is_lost_however_it_comes() => Gen.Select(
        Gen.OneOf(Gen.Const("\n"), Gen.String[Gen.Char['a', 'z'], 0, 20], Gen.Const(new string('y', LogLine.Most)))
            .List[0, 30],
        Gen.Int[1, 5000]).Sample((parts, step) =>
        {
            var all = string.Concat(parts);
            var bytes = Encoding.UTF8.GetBytes(all);
            var said = new List<byte>();
            var lines = new List<LogLine>();
            for (var start = 0; start < bytes.Length; start += step)
            {
                said.AddRange(bytes[start..Math.Min(bytes.Length, start + step)]);
                lines.AddRange(Cut(said, isEnd: false));
            }

            lines.AddRange(Cut(said, isEnd: true));
            var read = string.Concat(lines.Select(line => line.IsPartial ? line.Text : line.Text + "\n"));

            Assert.Equal(all.Length == 0 || all.EndsWith('\n') ? all : all + "\n", read);
        });

    [Theory]
    [InlineData("")]
    [InlineData("nothing of ours")]
    [InlineData("2026-01-02T03:04:05.6780000Z 1")]
    [InlineData("2026-01-02T03:04:05.6780000Z 1 2 xyz F text")]
    public void A_line_of_somebody_else_is_only_text(string text)
    {
        var line = LogLine.Parse(Encoding.UTF8.GetBytes(text));

        Assert.Equal(text, line.Text);
        Assert.Equal(LogSource.Unknown, line.Source);
    }

    private static List<LogLine> Cut(List<byte> said, bool isEnd)
    {
        var cut = new List<byte>();
        var count = LineCutter.Cut(said, LogLine.Prefix(Now, Source), isEnd, cut);
        var lines = Encoding.Latin1.GetString([.. cut]).Split('\n')[..^1]
            .Select(line => LogLine.Parse(Encoding.Latin1.GetBytes(line))).ToList();
        Assert.Equal(count, lines.Count);
        return lines;
    }
}
