using Slipway.ControlPlane.History;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Who may go next: the arithmetic of batches and of the unavailable.</summary>
internal static class RolloutAdmission
{
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
                var isTooDear = !isSick && spent >= turn.Plan.MaxUnavailable;
                if (!IsCandidate(target) || target.IsHealthy == isSick || isTooDear)
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
            from target in unavailable.Take(3)
            select $"{target.AgentName} is {(target.IsOnline ? "not healthy" : "offline")}");
        return "agents to be available again: "
            + $"{unavailable.Count} are not, {turn.Plan.MaxUnavailable} may be ({names})";
    }

    private static bool IsCandidate(RolloutTarget target) =>
        target is { Phase: DeploymentPhase.Waiting, IsOnline: true, IsGone: false };

    private static int RoomInBatch(RolloutTurn turn) =>
        turn.Plan.BatchSize - turn.Targets.Count(target => target.Batch == turn.Rollout.CurrentBatch);

    private static int Spent(RolloutTurn turn) =>
        turn.Present.Count(target => !target.IsAvailable || target.Phase.IsUnderWay);
}
