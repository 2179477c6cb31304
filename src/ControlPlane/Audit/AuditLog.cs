using System.Runtime.CompilerServices;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;

namespace Slipway.ControlPlane.Audit;

/// <summary>Writes down who did what, in the transaction that does it.</summary>
internal sealed class AuditLog(TimeProvider time)
{
    private const int LongestText = 8192;

    private readonly ConditionalWeakTable<SlipwayContext, List<AuditRow>> _pending = [];

    /// <summary>Adds an entry; it gets its place in the chain when the transaction commits.</summary>
    /// <param name="context">Of the transaction that makes the change.</param>
    /// <param name="caller">Who.</param>
    /// <param name="verb">Such as <c>rollout.start</c>.</param>
    /// <param name="object">Such as <c>environment/shop/production</c>.</param>
    /// <param name="detail">What changed or was asked for; no secrets.</param>
    /// <param name="reason">What the caller gave as his reason.</param>
    public void Append(
        SlipwayContext context,
        Caller caller,
        string verb,
        string @object,
        string detail = "",
        string reason = "") =>
        Append(context, caller, new AuditRow
        {
            Verb = verb,
            Object = @object,
            Detail = detail,
            Reason = reason,
            Outcome = (int)AuditOutcome.Allowed,
        });

    /// <summary>Notes that a call was refused.</summary>
    public void AppendDenied(SlipwayContext context, Caller caller, string verb, string detail) =>
        Append(context, caller, new AuditRow { Verb = verb, Detail = detail, Outcome = (int)AuditOutcome.Denied });

    private static async Task SealAsync(
        SlipwayContext context,
        List<AuditRow> rows,
        CancellationToken cancellationToken)
    {
        // Late, so that transactions wait for each other here only for the time of these few statements.
        await context.SerializeAsync(Locks.Audit, cancellationToken);
        var head = await AuditHead.ReadAsync(context, cancellationToken);
        foreach (var row in rows)
        {
            row.Sequence = head.Sequence + 1;
            row.PreviousHash = head.Hash;
            row.Hash = AuditChain.HashOf(row);
            context.Audit.Add(row);
            head = new AuditHead(row.Sequence, row.Hash);
        }

        await head.WriteAsync(context, cancellationToken);
    }

    private static string Shortened(string text) =>
        text.Length <= LongestText ? text : string.Concat(text.AsSpan(0, LongestText), "…");

    private void Append(SlipwayContext context, Caller caller, AuditRow row)
    {
        // To the millisecond, which every database keeps: the hash covers it.
        row.At = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        row.Actor = caller.Actor;
        row.RemoteAddress = caller.RemoteAddress;
        row.Detail = Shortened(row.Detail);
        row.Reason = Shortened(row.Reason);
        if (!_pending.TryGetValue(context, out var rows))
        {
            rows = [];
            _pending.Add(context, rows);
            context.BeforeCommit(token => SealAsync(context, rows, token));
        }

        rows.Add(row);
    }
}
