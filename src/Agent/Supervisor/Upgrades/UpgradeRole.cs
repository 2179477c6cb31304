using System.Globalization;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>What a program does that finds words of an upgrade among its arguments.</summary>
internal static class UpgradeRole
{
    /// <summary>Returns when that is done: its exit code; null: the words are of no upgrade.</summary>
    /// <param name="front">What is exchanged.</param>
    /// <param name="words">What <see cref="UpgradeFront.CallFor"/> was given.</param>
    /// <param name="build">Makes it of what was handed over; nothing has begun as long as this can fail.</param>
    /// <param name="serve">What it does.</param>
    public static int? Run<T>(
        UpgradeFront front,
        IReadOnlyList<string> words,
        Func<TakenHandover, Poller, T> build,
        Action<T, Poller> serve)
        where T : IDisposable
    {
        return words switch
        {
            [KeeperRole.Argument, var first] => KeeperRole.Run(front, NumberOf(first)),
            [UpgradeFront.Handed, var state, UpgradeFront.Previous, var previous] =>
                ResumeRole.Run(front, new ResumeOrder(NumberOf(state), NumberOf(previous)), build, serve),
            [UpgradeFront.Handed, var state, UpgradeFront.Refused, var why] =>
                ResumeRole.Run(front, new ResumeOrder(NumberOf(state), Previous: null, why), build, serve),
            _ => null,
        };
    }

    private static int NumberOf(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
