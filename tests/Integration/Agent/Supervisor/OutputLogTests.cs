using System.Globalization;
using System.Text;
using Slipway.Agent.Supervisor;

namespace Tests.Integration.Agent.Supervisor;

public sealed class OutputLogTests
{
    private const int LinesAtOnce = 200;
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public void Four_files_are_kept_and_the_oldest_lines_go_first()
    {
        using var folder = new TemporaryFolder();
        var filler = new string('x', 1000);
        var written = 0;
        for (var i = 0; i < 260; i++)
        {
            using var log = new OutputLog(folder.Path); // Its end waits for what is pending.
            var lines = new StringBuilder();
            for (var line = 0; line < LinesAtOnce; line++)
            {
                lines.Append(CultureInfo.InvariantCulture, $"{written++:D6} {filler}\n");
            }

            log.AppendLines([.. Encoding.UTF8.GetBytes(lines.ToString())], 7, Now);
        }

        string[] names = ["output.log.3", "output.log.2", "output.log.1", "output.log"];
        var kept = names.SelectMany(name => File.ReadLines(folder.In(name))).ToList();
        var first = written - kept.Count;

        Assert.Equal(names.Order(), Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        Assert.All(names[..3], name => Assert.InRange(new FileInfo(folder.In(name)).Length, 10 << 20, 11 << 20));
        Assert.True(first > 0, "Nothing was thrown away.");
        Assert.Equal(
            Enumerable.Range(first, kept.Count)
                .Select(number => string.Create(
                    CultureInfo.InvariantCulture, $"2026-01-02T03:04:05.678Z 7 {number:D6} {filler}")),
            kept);
    }

    [Fact]
    public void A_line_that_has_not_ended_waits_and_a_long_one_is_cut()
    {
        using var folder = new TemporaryFolder();
        List<byte> partial = [.. "whole\nhalf"u8];
        using (var log = new OutputLog(folder.Path))
        {
            log.AppendLines(partial, 1, Now);
            Assert.Equal("half"u8.ToArray(), partial);
            partial.AddRange(Encoding.UTF8.GetBytes(new string('y', 8192)));
            log.AppendLines(partial, 1, Now);
        }

        var lines = File.ReadAllLines(folder.In(OutputLog.FileName));

        Assert.Equal("yyyy"u8.ToArray(), partial);
        Assert.Equal(
            ["2026-01-02T03:04:05.678Z 1 whole", "2026-01-02T03:04:05.678Z 1 half" + new string('y', 8188)], lines);
    }
}
