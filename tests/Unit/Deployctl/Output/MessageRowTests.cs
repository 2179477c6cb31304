using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Slipway.Contracts.V1;
using Slipway.Deployctl.Output;

namespace Tests.Unit.Deployctl.Output;

public class MessageRowTests
{
    [Fact]
    public void A_message_becomes_words_times_and_durations()
    {
        var rollout = new Rollout
        {
            Id = "r1",
            State = RolloutState.RolledBack,
            Strategy = new Strategy { Bake = Duration.FromTimeSpan(TimeSpan.FromSeconds(90)) },
            CreatedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch),
            Targets = { new RolloutTarget { AgentName = "web-1", Phase = DeploymentPhase.Committed } },
        };

        var row = MessageRow.Of(rollout);

        Assert.Equal("rolled_back", (string?)row["state"]);
        Assert.Equal("1m30s", (string?)row["strategy"]!["bake"]);
        Assert.Equal("1970-01-01T00:00:00.000Z", (string?)row["created_at"]);
        Assert.Equal("committed", (string?)row["targets"]![0]!["phase"]);
        Assert.Null(row["targets"]![0]!["reason"]);
        Assert.Null(row["finished_at"]);
    }

    [Fact]
    public void Every_field_is_there_so_that_scripts_can_rely_on_it() =>
        Assert.Equal(
            ["id", "name", "scopes", "created_by", "created_at", "expires_at", "last_used_at", "revoked"],
            MessageRow.Of(new Token()).Select(field => field.Key));

    [Fact]
    public void A_word_of_a_newer_control_plane_is_its_number() =>
        Assert.Equal("99", (string?)MessageRow.Of(new Rollout { State = (RolloutState)99 })["state"]);

    [Fact]
    public void Bytes_are_hexadecimal() =>
        Assert.Equal("00ff", (string?)MessageRow.Of(new AuditEntry { Hash = ByteString.CopyFrom(0, 255) })["hash"]);
}
