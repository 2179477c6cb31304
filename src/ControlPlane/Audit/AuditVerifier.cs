using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;

namespace Slipway.ControlPlane.Audit;

/// <summary>Reads the whole log and says where it is not as it was written.</summary>
internal sealed class AuditVerifier(Database database)
{
    private const int PageSize = 1000;

    /// <summary>The number of the first entry that is missing or changed; null when the log is whole.</summary>
    public async Task<long?> FindBreakAsync(CancellationToken cancellationToken)
    {
        // Before the entries: those that are added meanwhile are then simply further ones.
        var expected = await database.ReadAsync(AuditHead.ReadAsync, cancellationToken);
        var last = new AuditHead(0, AuditChain.Origin);
        while (true)
        {
            var page = await PageAfterAsync(last.Sequence, cancellationToken);
            foreach (var row in page)
            {
                if (!AuditChain.Continues(row, last.Sequence, last.Hash))
                {
                    return last.Sequence + 1;
                }

                last = new AuditHead(row.Sequence, row.Hash);
                if (last.Sequence == expected.Sequence && !last.Hash.AsSpan().SequenceEqual(expected.Hash))
                {
                    return last.Sequence;
                }
            }

            if (page.Count < PageSize)
            {
                return last.Sequence < expected.Sequence ? last.Sequence + 1 : null;
            }
        }
    }

    private Task<List<AuditRow>> PageAfterAsync(long sequence, CancellationToken cancellationToken) =>
        database.ReadAsync(
            (context, token) => context.Audit.Where(row => row.Sequence > sequence)
                .OrderBy(row => row.Sequence).Take(PageSize).ToListAsync(token),
            cancellationToken);
}
