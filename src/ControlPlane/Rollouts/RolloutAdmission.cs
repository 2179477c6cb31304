using Slipway.ControlPlane.History;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Who may go next: the arithmetic of batches and of the unavailable.</summary>
internal static class RolloutAdmission
{
    /// <summary>Works out a number (<c>2</c>) or a share (<c>25%</c>: rounded down, at least 1).</summary>
    public static int Resolve(string share, int agents)
    {
        if (!share.EndsWith('%'))
        {
            return share.Length == 0 ? 1 : int.Parse(share, provider: null);
        }

        var percent = int.Parse(share.AsSpan(0, share.Length - 1), provider: null);
        return Math.Max(1, (int)((long)agents * percent / 100));
    }

    /// <summary>Assigns as many agents as batch and budget allow: sick ones first, then in the frozen order.</summary>
    public static void Admit(RolloutTurn turn)
    {
        var room = RoomInBatch(turn);
        if (room <= 0)
        {
            return;
        }

        var spent = Spent(turn);
        foreach (var isSick in (ReadOnlySpan<bool>)[true, false])
        {
            for (var i = 0; i < turn.Targets.Length && room > 0; i++)
            {
                var target = turn.Targets[i];
                if (!IsCandidate(target) || target.IsHealthy == isSick || (!isSick && spent >= turn.Plan.MaxUnavailable))
                {
                    continue;
                }

                turn.Assign(i);
                room--;
                spent += isSick ? 0 : 1;
            }
        }
    }

    /// <summary>There is room in the batch and somebody to take it, but no agent may become unavailable.</summary>
    public static bool IsBlocked(RolloutTurn turn) => RoomInBatch(turn) > 0 && turn.Present.Any(IsCandidate);

    public static string DescribeBlock(RolloutTurn turn)
    {
        var unavailable = turn.Present.Where(target => !target.IsAvailable).ToList();
        var names = string.Join(
            ", ",
            unavailable.Take(3).Select(target => $"{target.AgentName} is {(target.IsOnline ? "not healthy" : "offline")}"));
        return $"agents to be available again: {unavailable.Count} are not, {turn.Plan.MaxUnavailable} may be ({names})";
    }

    private static bool IsCandidate(RolloutTarget target) =>
        target is { Phase: DeploymentPhase.Waiting, IsOnline: true, IsGone: false };

    private static int RoomInBatch(RolloutTurn turn) =>
        turn.Plan.BatchSize - turn.Targets.Count(target => target.Batch == turn.Rollout.CurrentBatch);

    private static int Spent(RolloutTurn turn) =>
        turn.Present.Count(target => !target.IsAvailable || target.Phase.IsUnderWay);
}
