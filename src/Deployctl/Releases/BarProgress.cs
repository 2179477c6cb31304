using Spectre.Console;

namespace Slipway.Deployctl.Releases;

/// <summary>Progress for people: a bar for each step.</summary>
internal sealed class BarProgress(ProgressContext context) : ITransferProgress
{
    public Action<long> Begin(string title, long total, long done)
    {
        var task = context.AddTask(Markup.Escape(title), maxValue: Math.Max(1, total));
        task.Increment(total == 0 ? 1 : done);
        return bytes => task.Increment(bytes);
    }
}
