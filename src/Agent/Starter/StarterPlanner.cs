using System.Globalization;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Starter;

/// <summary>
/// Decides what start_server does next: it asks a supervisor for workers, watches what becomes of them, and tells it
/// in the words of Server::Starter. Knows no process, file or clock.
/// </summary>
internal sealed partial class StarterPlanner(StarterRules rules)
{
    /// <summary>So many attempts keep the original's pace; then the pauses double.</summary>
    public const int QuickAttempts = 5;

    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>A worker that lived this long is started again at once, whatever the interval is.</summary>
    private static readonly TimeSpan Viable = TimeSpan.FromSeconds(1);

    /// <summary>When the planner next wants to look; null: when something happens.</summary>
    public static DateTimeOffset? NextLook(StarterState state, StarterView view) =>
        state.IsStopping ? null : Earliest(state.RetryAt, state.KillOldAt, AutoRestartAt(state, view));

    /// <summary>The next state, and what to do for it.</summary>
    public (StarterState State, IReadOnlyList<StarterAction> Actions) Apply(
        StarterState state, StarterEvent happened, StarterView view)
    {
        var turn = new Turn(rules, view) { State = state };
        turn.NoteStarts();
        turn.NoteEnds();
        switch (happened)
        {
            case StarterEvent.HangUp when !turn.State.IsStopping:
                turn.HangUp();
                break;
            case StarterEvent.Terminate terminate when !turn.State.IsStopping:
                turn.Stop(terminate.Signal);
                break;
            case StarterEvent.Look when state is { LastTicket: 0, IsStopping: false }:
                turn.Begin();
                break;
        }

        if (!turn.State.IsStopping)
        {
            turn.Advance();
        }

        turn.WriteStatus();
        return (turn.State, turn.Actions);
    }

    private static DateTimeOffset? AutoRestartAt(StarterState state, StarterView view)
    {
        if (view.Settings.AutoRestart is not { } interval
            || state is not { Attempt: null, RetryAt: null, Current: not null })
        {
            return null;
        }

        return state.LastRestart + (view.HasOld(state) ? 2 * interval : interval);
    }

    private static DateTimeOffset? Earliest(params ReadOnlySpan<DateTimeOffset?> times)
    {
        DateTimeOffset? earliest = null;
        foreach (var time in times)
        {
            earliest = time < (earliest ?? DateTimeOffset.MaxValue) ? time : earliest;
        }

        return earliest;
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}

/// <summary>What the planner sees: the supervisor's plan, the settings of the moment, the time.</summary>
internal sealed record StarterView(SupervisorPlan Plan, StarterSettings Settings, DateTimeOffset Now)
{
    /// <summary>Whether workers live that were told to go.</summary>
    public bool HasOld(StarterState state) =>
        Plan.Generations.Any(
            worker => worker.Pid > 0 && worker.Ticket != state.Current && worker.Ticket != state.Attempt);
}
