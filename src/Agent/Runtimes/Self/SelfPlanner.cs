using System.Globalization;

namespace Slipway.Agent.Runtimes.Self;

/// <summary>Decides, before an agent does anything else, which program it is to be.</summary>
/// <remarks>
/// A program on trial is started once. Whatever ends it before it was confirmed (a crash, the alarm that its start has
/// set, a reboot), the next start finds the trial begun, and goes back.
/// </remarks>
internal static class SelfPlanner
{
    /// <summary>So many starts in so short a time that came to nothing, and the agent before comes back.</summary>
    public const int MostStarts = 5;

    public static readonly TimeSpan StartsWindow = TimeSpan.FromMinutes(10);

    private static readonly string[] Slots = ["a", "b"];

    public static SelfPlan Start(SelfState state, DateTimeOffset now)
    {
        switch (state.Trial)
        {
            case { Phase: SelfPhase.Switching } trial:
                return new(
                    state with { Trial = trial with { Phase = SelfPhase.Trying } }, trial.Program.Slot, trial.Limit);
            case { Phase: SelfPhase.Trying } trial:
                return new(Fail(state, trial), state.Current?.Slot, Limit: null);
            default:
                var next = state.Current is { } current ? Count(state, current, now) : state;
                return new(next, next.Current?.Slot, Limit: null);
        }
    }

    /// <summary>When a plan's state cannot be written down: no trial begins, everything else is as good.</summary>
    public static SelfPlan Unwritten(SelfState before, SelfPlan plan) =>
        plan.Limit is null ? plan : new(before, before.Current?.Slot, Limit: null);

    /// <summary>As the agent that runs sees it: a trial that another one began, or should have, has failed.</summary>
    /// <param name="state">As it was written.</param>
    /// <param name="slot">Where the agent that runs is.</param>
    public static SelfState Settle(SelfState state, string? slot) =>
        state.Trial is { Phase: SelfPhase.Switching or SelfPhase.Trying } trial && trial.Program.Slot != slot
            ? Fail(state, trial)
            : state;

    /// <summary>The agent is well, or ends in order: what was before does not count.</summary>
    public static SelfState Forget(SelfState state, string? slot) =>
        state is { Starts: > 0, Current: { } current } && current.Slot == slot
            ? state with { Starts = 0, StartsSince = null }
            : state;

    /// <summary>The slot that the next program goes to: never that of the one that works.</summary>
    public static string SpareOf(SelfState state) => state.Current?.Slot == Slots[0] ? Slots[1] : Slots[0];

    private static SelfState Count(SelfState state, SelfProgram current, DateTimeOffset now)
    {
        var isRecent = state.StartsSince is { } since && now >= since && now - since < StartsWindow;
        if (isRecent && state.Starts >= MostStarts && state.HasPrevious)
        {
            var next = new SelfState { Current = state.Previous, Trial = state.Trial };
            return next with
            {
                Reverted = string.Create(
                    CultureInfo.InvariantCulture,
                    $"The agent of release {current.Version} was started {state.Starts} times within "
                        + $"{StartsWindow.TotalMinutes} min and was never connected and well; "
                        + $"{Name(next)} runs again."),
            };
        }

        return isRecent
            ? state with { Starts = state.Starts + 1 }
            : state with { Starts = 1, StartsSince = now };
    }

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
