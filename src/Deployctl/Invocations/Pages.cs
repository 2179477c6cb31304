using Google.Protobuf;

namespace Slipway.Deployctl.Invocations;

/// <summary>Reads a list page by page until it ends or the limit is reached.</summary>
internal static class Pages
{
    public const int MaxPageSize = 100;

    public static async Task<IReadOnlyList<TItem>> ReadAsync<TItem>(
        int limit,
        Invocation invocation,
        Func<int, string, Task<(IEnumerable<TItem> Items, string Next)>> readPage)
        where TItem : IMessage
    {
        var items = new List<TItem>();
        var next = "";
        do
        {
            (var page, next) = await readPage(Math.Min(MaxPageSize, limit - items.Count), next);
            items.AddRange(page);
        }
        while (next.Length > 0 && items.Count < limit);

        if (next.Length > 0)
        {
            invocation.Printer.Warn($"There are more than {limit}: raise --limit, or narrow the search.");
        }

        return items.Count <= limit ? items : items[..limit];
    }
}
