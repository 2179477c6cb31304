using Slipway.Deployctl.Output;

namespace Slipway.Deployctl.Releases;

/// <summary>Progress for logs: a line when a step begins, and one every ten seconds.</summary>
internal sealed class LineProgress(Printer printer, TimeProvider time) : ITransferProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    public Action<long> Begin(string title, long total, long done)
    {
        printer.Note($"{title}: {Column.SizeOf(total - done)}");
        var last = time.GetTimestamp();
        return bytes =>
        {
            done += bytes;
            if (time.GetElapsedTime(last) >= Interval)
            {
                last = time.GetTimestamp();
                printer.Note($"{title}: {Column.SizeOf(done)} of {Column.SizeOf(total)}");
            }
        };
    }
}
