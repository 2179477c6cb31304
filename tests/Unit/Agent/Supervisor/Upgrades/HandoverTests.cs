using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor;
using Slipway.Agent.Supervisor.Upgrades;

namespace Tests.Unit.Agent.Supervisor.Upgrades;

public class HandoverTests
{
    private const string Oldest =
        """
        {
          "format": 1, "version": "1", "lock": 0, "control": 1,
          "plan": { "generations": [], "last_number": 3, "is_stopping": false },
          "origin": { "time": "2026-01-01T00:00:00+00:00", "timestamp": 7 }
        }
        """;

    [Fact]
    public void What_an_older_program_did_not_write_is_empty()
    {
        using var file = FileOf(Oldest);

        var handover = Handover.Read(file);

        Assert.Equal(3, handover.Plan.LastNumber);
        Assert.Equal(7, handover.Origin.Timestamp);
        Assert.Empty(handover.Descriptors);
        Assert.Empty(handover.Listeners);
        Assert.Empty(handover.Children);
        Assert.Empty(handover.Outputs);
        Assert.Empty(handover.Pinned);
        Assert.Null(handover.Front);
        Assert.Equal(UpgradeState.None, handover.Upgrade);
        Assert.Null(handover.Keeper);
    }

    [Theory]
    [InlineData("\"format\": 1", "\"format\": 2", "has format 2; this program reads 1 to 1")]
    [InlineData("\"format\": 1", "\"format\": 0", "has format 0")]
    [InlineData("\"origin\"", "\"other\"", "origin")]
    public void What_this_program_does_not_understand_is_refused(string before, string after, string why)
    {
        using var file = FileOf(Oldest.Replace(before, after, StringComparison.Ordinal));

        var refusal = Assert.Throws<JsonException>(() => Handover.Read(file));

        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_reads_the_same()
    {
        using var first = FileOf(Oldest);
        var handover = Handover.Read(first) with
        {
            Descriptors = [4, 5],
            Children =
            [
                new HandoverChild(2, 70, 0)
                {
                    StartTicks = 9,
                    NotifyName = "name",
                    Notices = 1,
                    Output = 2,
                    Gate = 3,
                    Command = "sleep",
                    StopGrace = TimeSpan.FromSeconds(3),
                    User = 1,
                    Memory = new ChildMemory { PartialLine = [0xC3], Tail = [1, 2], IsKilled = true },
                },
            ],
            Upgrade = new UpgradeState(UpgradePhase.Checking, "/next", "2", DateTimeOffset.UnixEpoch),
        };

        using var second = handover.Write();
        var read = Handover.Read(second);

        Assert.Equal(JsonSerializer.Serialize(handover), JsonSerializer.Serialize(read));
        Assert.Equal([0xC3], read.Children.Single().Memory.PartialLine);
    }

    [Fact]
    public void A_state_without_an_upgrade_had_none()
    {
        const string Line = """{ "state": { "supervisor_pid": 1, "listen": [], "generations": [] } }""";

        var reply = JsonSerializer.Deserialize(Line, SupervisorJson.Default.SupervisorReply);

        Assert.Equal(UpgradePhase.None, reply!.State!.Upgrade.Phase);
        Assert.Null(reply.State.Version);
    }

    private static SafeFileHandle FileOf(string text)
    {
        var file = Libc.CreateMemoryFile("test");
        RandomAccess.Write(file, Encoding.UTF8.GetBytes(text), 0);
        return file;
    }
}
