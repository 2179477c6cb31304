using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Hosting;
using Slipway.ControlPlane.Identity;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;
using V1 = Slipway.Contracts.V1;

namespace Slipway.ControlPlane.Audit;

/// <summary>Reads the audit log, newest entry first.</summary>
internal sealed class AuditService(Database database) : V1.Audit.AuditBase
{
    public override async Task<V1.ListAuditResponse> List(V1.ListAuditRequest request, ServerCallContext context)
    {
        Caller.Of(context).Demand(Caller.Read);
        var size = Paging.Size(request.PageSize);
        var before = Before(request.PageToken);

        // One more than the page shows whether another one follows.
        var rows = await database.ReadAsync(
            (tables, token) => Matching(tables.Audit, request).Where(row => row.Sequence < before)
                .OrderByDescending(row => row.Sequence).Take(size + 1).ToListAsync(token),
            context.CancellationToken);

        return new V1.ListAuditResponse
        {
            Entries = { rows.Take(size).Select(ToWire) },
            NextPageToken = rows.Count > size
                ? Paging.Token(rows[size - 1].Sequence.ToString(CultureInfo.InvariantCulture))
                : "",
        };
    }

    private static IQueryable<AuditRow> Matching(IQueryable<AuditRow> rows, V1.ListAuditRequest request)
    {
        if (request.Actor.Length > 0)
        {
            rows = rows.Where(row => row.Actor == request.Actor);
        }

        if (request.Verb.Length > 0)
        {
            rows = rows.Where(row => row.Verb == request.Verb);
        }

        if (request.Object.Length > 0)
        {
            rows = rows.Where(row => row.Object == request.Object);
        }

        if (request.Since is not null)
        {
            var since = TimeOf(request.Since, "since");
            rows = rows.Where(row => row.At >= since);
        }

        if (request.Until is not null)
        {
            var until = TimeOf(request.Until, "until");
            rows = rows.Where(row => row.At < until);
        }

        return rows;
    }

    private static long Before(string pageToken)
    {
        if (Paging.Position(pageToken, 1) is not [var text])
        {
            return long.MaxValue;
        }

        return long.TryParse(text, CultureInfo.InvariantCulture, out var sequence)
            ? sequence
            : throw new ProblemException(Problem.InvalidField("page_token", "is not one that this list gave."));
    }

    private static DateTimeOffset TimeOf(Timestamp time, string field)
    {
        try
        {
            return time.ToDateTimeOffset();
        }
        catch (InvalidOperationException)
        {
            throw new ProblemException(Problem.InvalidField(field, "is outside of the years 1 to 9999."));
        }
    }

    private static V1.AuditEntry ToWire(AuditRow row) => new()
    {
        Sequence = (ulong)row.Sequence,
        At = row.At.ToTimestamp(),
        Actor = row.Actor,
        RemoteAddress = row.RemoteAddress,
        Verb = row.Verb,
        Object = row.Object,
        Detail = row.Detail,
        Reason = row.Reason,
        Outcome = (V1.AuditEntry.Types.Outcome)row.Outcome,
        Hash = ByteString.CopyFrom(row.Hash),
    };
}
