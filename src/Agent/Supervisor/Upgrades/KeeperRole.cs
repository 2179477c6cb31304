using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>
/// What a <see cref="Keeper"/> does: it waits for the word of the new program, and when that does not come, it ends
/// what is left of the new program and becomes the supervisor itself.
/// </summary>
internal static class KeeperRole
{
    public const string Argument = "--keep";
    public const byte Healthy = 1;

    /// <summary>From the first one on: the state, the supervisor, the word, and all that was handed over.</summary>
    private const int Own = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>The handover with the numbers that its descriptors have in the keeper.</summary>
    public static Handover Renumber(Handover handover, HandoverDescriptors descriptors, int first) => handover with
    {
        Descriptors = [.. Enumerable.Range(first + Own, descriptors.Files.Count)],
        Keeper = null,
    };

    public static int Run(UpgradeFront front, int first)
    {
        using var supervisor = Libc.Inherit(first + 1);
        using var word = Libc.Inherit(first + 2);
        Libc.SetInherited(supervisor, inherited: false);
        Libc.SetInherited(word, inherited: false);
        using var poller = new Poller(TimeProvider.System);
        var isOver = false;
        var isHealthy = false;
        string? why = null;
        using var supervisorWatch = poller.On(supervisor, Libc.Readable, () =>
        {
            why ??= isHealthy ? null : "the new program ended before it had taken over.";
            isOver = true;
        });
        IDisposable? wordWatch = null;
        wordWatch = poller.On(word, Libc.Readable, () =>
        {
            isHealthy = isOver = HasWord(word);
            wordWatch!.Dispose(); // Without the word: its end tells, or the time.
        });
        poller.After(Limit, () =>
        {
            isHealthy |= !isOver && HasWord(word);
            if (isOver || isHealthy)
            {
                isOver = true;
                return;
            }

            // From here on its word is too late: it ends, whatever it still says.
            wordWatch.Dispose();
            why = string.Create(
                CultureInfo.InvariantCulture, $"the new program had not taken over within {Limit.TotalSeconds} s.");
            Libc.SendSignal(supervisor, Libc.SignalKill);
        });
        while (!isOver)
        {
            poller.RunOnce();
        }

        if (isHealthy || why is null)
        {
            return 0;
        }

        front.Become(
            ChildLauncher.Self,
            UpgradeFront.Handed,
            first.ToString(CultureInfo.InvariantCulture),
            UpgradeFront.Refused,
            why);
        return 1;
    }

    private static bool HasWord(SafeFileHandle word)
    {
        Span<byte> said = stackalloc byte[1];
        return Libc.Read(word, said) == 1 && said[0] == Healthy;
    }
}
