using System.Globalization;

namespace Slipway.Agent.Runtimes.Self;

/// <summary>Decides, before an agent does anything else, which program it is to be.</summary>
/// <remarks>
/// A program on trial is started once. Whatever ends it before it was confirmed (a crash, the alarm that its start has
/// set, a reboot), the next start finds the trial begun, and goes back.
/// </remarks>
internal static class SelfPlanner
{
    private static readonly string[] Slots = ["a", "b"];

    public static SelfPlan Start(SelfState state) => state.Trial switch
    {
        { Phase: SelfPhase.Switching } trial => new(
            state with { Trial = trial with { Phase = SelfPhase.Trying } }, trial.Program.Slot, trial.Limit),
        { Phase: SelfPhase.Trying } trial => new(Fail(state, trial), state.Current?.Slot, Limit: null),
        _ => new(state, state.Current?.Slot, Limit: null),
    };

    /// <summary>The slot that the next program goes to: never that of the one that works.</summary>
    public static string SpareOf(SelfState state) => state.Current?.Slot == Slots[0] ? Slots[1] : Slots[0];

    private static SelfState Fail(SelfState state, SelfTrial trial) => state with
    {
        Trial = trial with
        {
            Phase = SelfPhase.Failed,
            Detail = string.Create(
                CultureInfo.InvariantCulture,
                $"The agent of release {trial.Program.Version} ended, or was not connected and well within "
                    + $"{trial.Limit.TotalSeconds} s; {Name(state)} runs again."),
        },
    };

    private static string Name(SelfState state) =>
        state.Current is { } current ? $"that of release {current.Version}" : "the installed one";
}

/// <summary>What an agent that starts is to be.</summary>
/// <param name="State">To be on disk before.</param>
/// <param name="Slot">Where its program is; null: it is the installed one itself.</param>
/// <param name="Limit">After how long it is ended unless it was confirmed; null: it is not on trial.</param>
internal sealed record SelfPlan(SelfState State, string? Slot, TimeSpan? Limit);
