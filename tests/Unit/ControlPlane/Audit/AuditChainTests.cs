using Slipway.ControlPlane.Audit;
using Slipway.ControlPlane.Storage.Rows;

namespace Tests.Unit.ControlPlane.Audit;

public class AuditChainTests
{
    private static readonly Action<AuditRow>[] Changes =
    [
        row => row.Sequence++,
        row => row.At = row.At.AddMilliseconds(1),
        row => row.Actor = "token:other",
        row => row.RemoteAddress = "::1",
        row => row.Verb = "other",
        row => row.Object = "other",
        row => row.Detail = "other",
        row => row.Reason = "other",
        row => row.Outcome = 2,
        row => row.PreviousHash = new byte[32],
        row => (row.Actor, row.RemoteAddress) = (row.Actor + "1", "27.0.0.1"),
    ];

    [Fact]
    public void An_entry_continues_the_one_before_it()
    {
        var row = Sealed();

        Assert.True(AuditChain.Continues(row, 6, row.PreviousHash));
        Assert.False(AuditChain.Continues(row, 5, row.PreviousHash));
        Assert.False(AuditChain.Continues(row, 6, AuditChain.Origin));
    }

    [Fact]
    public void No_field_can_be_changed_unseen()
    {
        foreach (var (number, change) in Changes.Index())
        {
            var row = Sealed();

            change(row);

            Assert.False(AuditChain.HashOf(row).AsSpan().SequenceEqual(row.Hash), $"change {number} was not seen");
        }
    }

    private static AuditRow Sealed()
    {
        var row = new AuditRow
        {
            Sequence = 7,
            At = DateTimeOffset.UnixEpoch,
            Actor = "token:ci",
            RemoteAddress = "127.0.0.1",
            Verb = "rollout.start",
            Object = "environment/shop/production",
            Detail = "to 1.2.3",
            Reason = "fix",
            Outcome = 1,
            PreviousHash = [.. Enumerable.Repeat((byte)1, 32)],
        };
        row.Hash = AuditChain.HashOf(row);
        return row;
    }
}
