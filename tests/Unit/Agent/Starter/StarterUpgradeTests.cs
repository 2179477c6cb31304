using System.Collections.Immutable;
using System.Text.Json;
using Slipway.Agent.Starter;
using Slipway.Agent.Supervisor;

namespace Tests.Unit.Agent.Starter;

public class StarterUpgradeTests
{
    private const string Oldest =
        """
        {
          "format": 1, "program": "/usr/bin/start_server", "workers": [{ "name": "80", "descriptor": 3 }],
          "state": { "current": "2", "last_ticket": 2 }
        }
        """;

    [Fact]
    public void What_an_older_program_did_not_write_is_empty()
    {
        var handover = StarterHandover.Read(Oldest);

        Assert.Equal(("2", 2), (handover.State.Current, handover.State.LastTicket));
        Assert.Empty(handover.State.Seen);
        Assert.Null(handover.State.Status);
        Assert.Null(handover.PidFile);
        Assert.Equal([new WorkerSocket("80", 3)], handover.Workers);
    }

    [Theory]
    [InlineData("\"format\": 1", "\"format\": 2", "has format 2; this program reads 1 to 1")]
    [InlineData("\"format\": 1", "\"format\": 0", "has format 0")]
    public void What_this_program_does_not_understand_is_refused(string before, string after, string why)
    {
        var text = Oldest.Replace(before, after, StringComparison.Ordinal);

        var refusal = Assert.Throws<JsonException>(() => StarterHandover.Read(text));

        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_supervisor_s_state_is_no_start_server_s() =>
        Assert.Throws<JsonException>(() => StarterHandover.Read(text: null));

    [Fact]
    public void What_is_written_reads_the_same()
    {
        var time = DateTimeOffset.UnixEpoch + TimeSpan.FromDays(20_000.3);
        var state = new StarterState
        {
            Current = "1",
            Attempt = "3",
            IsReplacing = true,
            LastTicket = 3,
            Failures = 4,
            HasWish = true,
            RetryAt = time,
            KillOldAt = time + TimeSpan.FromSeconds(1),
            LastRestart = time - TimeSpan.FromSeconds(1),
            IsStopping = true,
            IsReported = true,
            Seen = ImmutableSortedDictionary<int, int>.Empty.Add(1, 1001).Add(3, 1003),
            Status = [new StatusLine(1, 1001), new StatusLine(3, 1003)],
        };
        var handover = new StarterHandover(1, "/start_server", state, []) { PidFile = 4, LogProcess = 5, Report = 6 };

        var read = StarterHandover.Read(handover.Write());

        Assert.Equal(state.Seen, read.State.Seen);
        Assert.Equal(state.Status.Value, read.State.Status!.Value);
        Assert.Equal(state, read.State with { Seen = state.Seen, Status = state.Status });
        Assert.Equal((4, 5, 6), (read.PidFile, read.LogProcess, read.Report));
        Assert.Equal(handover.Write(), read.Write());
    }

    [Theory]
    [InlineData("/usr/bin/slipway-agent (deleted)", "/usr/bin/slipway-agent")]
    [InlineData("/usr/bin/slipway-agent", "/usr/bin/slipway-agent")]
    public void A_program_that_was_replaced_is_looked_for_where_it_was(string link, string path) =>
        Assert.Equal(path, StarterCall.PathOf(link));

    [Theory]
    [InlineData("start_server", true)]
    [InlineData("/usr/local/bin/start_server", true)]
    [InlineData("slipway-agent", false)]
    [InlineData("restart_server", false)]
    [InlineData("", false)]
    public void It_is_called_by_its_name_wherever_that_lies(string name, bool isOurs) =>
        Assert.Equal(isOurs, StarterCall.IsOurs(name));
}
