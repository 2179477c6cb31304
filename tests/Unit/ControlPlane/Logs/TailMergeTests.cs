using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Time.Testing;
using Slipway.ControlPlane.Logs;

namespace Tests.Unit.ControlPlane.Logs;

public sealed class TailMergeTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _time = new();
    private readonly TailMerge _merge;
    private readonly Channel<TailPart> _web1 = Channel.CreateUnbounded<TailPart>();
    private readonly Channel<TailPart> _web2 = Channel.CreateUnbounded<TailPart>();
    private readonly List<string> _read = [];

    public TailMergeTests()
    {
        _merge = new TailMerge(_time);
        _merge.Add(new(Guid.NewGuid(), "web-1"), _web1.Reader);
        _merge.Add(new(Guid.NewGuid(), "web-2"), _web2.Reader);
    }

    [Fact]
    public async Task Lines_come_in_the_order_of_their_times_and_each_agents_in_its_own()
    {
        Say(_web1, Part(1, 2, 5), Part(8), Part(7));
        Say(_web2, Part(3, 4), Part(6), Part(9));
        End(_web1, _web2);

        await ReadToEndAsync();

        Assert.Equal(["1", "2", "3", "4", "5", "6", "8", "7", "9"], _read);
    }

    [Fact]
    public async Task A_line_waits_for_one_that_may_be_older()
    {
        Say(_web1, Part(2));
        var reading = ReadToEndAsync();

        Say(_web2, Part(1));
        End(_web1, _web2);
        await reading;

        Assert.Equal(["1", "2"], _read);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nobody_waits_for_an_agent_that_is_at_its_end_or_away(bool isAway)
    {
        Say(_web2, isAway ? TailPart.Refusal("AGENT_OFFLINE", "away") : TailPart.Pause);
        Say(_web1, Part(2));

        await ReadAsync(isAway ? 2 : 1);
        Say(_web2, Part(1));
        End(_web1, _web2);
        await ReadToEndAsync();

        Assert.Equal(isAway ? ["away", "2", "1"] : ["2", "1"], _read);
    }

    [Fact]
    public async Task Nobody_waits_long_for_an_agent_that_says_nothing()
    {
        Say(_web1, Part(2));
        var reading = ReadAsync(1);
        Assert.False(reading.IsCompleted);

        _time.Advance(TailMerge.Patience);
        await reading;

        Assert.Equal(["2"], _read);
    }

    [Fact]
    public async Task What_was_lost_is_told_before_the_lines_that_follow_it()
    {
        Say(_web1, Part(1), Part(3) with { Lost = 7 });
        End(_web1, _web2);

        await ReadToEndAsync();

        Assert.Equal(["1", "lost 7", "3"], _read);
    }

    [Fact]
    public async Task How_far_an_agent_was_read_is_told_once_and_only_where_no_line_says_it()
    {
        var pause = TailPart.Pause with { Cursor = "a-5" };
        Say(_web1, pause, pause, Part(6), TailPart.Pause with { Cursor = "c-6" });
        End(_web1, _web2);

        await ReadToEndAsync();

        Assert.Equal(["up to a-5", "6"], _read);
    }

    private static TailPart Part(params int[] seconds) => new()
    {
        Lines = [.. seconds.Select(second => new TailLine(
            Noon.AddSeconds(second), second.ToString(CultureInfo.InvariantCulture), $"c-{second}"))],
    };

    private void Say(Channel<TailPart> agent, params TailPart[] parts)
    {
        foreach (var part in parts)
        {
            agent.Writer.TryWrite(part);
            _merge.Wake();
        }
    }

    private void End(params Channel<TailPart>[] agents)
    {
        foreach (var agent in agents)
        {
            agent.Writer.Complete();
            _merge.Wake();
        }
    }

    private Task ReadToEndAsync() => ReadAsync(int.MaxValue);

    private async Task ReadAsync(int count)
    {
        await foreach (var (_, part) in _merge.ReadAsync(TestContext.Current.CancellationToken))
        {
            _read.AddRange(part.Lines.Select(line => line.Text));
            if (part.Lines.Count == 0)
            {
                _read.Add(part.Reason.Length > 0 ? part.Message : part.Lost > 0 ? $"lost {part.Lost}"
                    : $"up to {part.Cursor}");
            }

            if (_read.Count >= count)
            {
                return;
            }
        }
    }
}
