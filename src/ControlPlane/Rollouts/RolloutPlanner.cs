using Slipway.ControlPlane.History;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>Decides what a rollout does next, from values alone: no clock, no chance, no input or output.</summary>
/// <remarks>
/// Never more than the plan's share of agents is made unavailable, sick and offline agents counted; sick ones go
/// first, since they cost nothing. A batch follows when all that is done has been healthy for the bake time. Each
/// state has a timer. A rollout that has ended decides nothing.
/// </remarks>
internal static class RolloutPlanner
{
    public static RolloutStep Decide(Rollout rollout, RolloutEvent happened, DateTimeOffset now)
    {
        if (rollout.IsEnded)
        {
            return new RolloutStep(rollout, [], RolloutRefusal.Ended);
        }

        var turn = new RolloutTurn(rollout, now);
        switch (happened)
        {
            case RolloutEvent.Aborted when rollout.State == RolloutState.Aborting:
                return new RolloutStep(rollout, [], RolloutRefusal.AlreadyAborting);
            case RolloutEvent.Aborted aborted:
                BeginAbort(turn, aborted);
                break;
            case RolloutEvent.Superseded superseded:
                Supersede(turn, superseded);
                return turn.ToStep();
            case RolloutEvent.Looked looked:
                TakeIn(turn, looked.Sightings);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(happened), happened, message: null);
        }

        if (turn.Rollout.State == RolloutState.Aborting)
        {
            GoOnAborting(turn);
        }
        else
        {
            GoOn(turn);
        }

        return turn.ToStep();
    }

    private static void TakeIn(RolloutTurn turn, IReadOnlyList<TargetSighting> sightings)
    {
        if (sightings.Count == 0)
        {
            return;
        }

        var byAgent = new Dictionary<Guid, TargetSighting>();
        foreach (var sighting in sightings)
        {
            byAgent[sighting.AgentId] = sighting;
        }

        for (var i = 0; i < turn.Targets.Length; i++)
        {
            if (byAgent.TryGetValue(turn.Targets[i].AgentId, out var sighting))
            {
                TakeIn(turn, i, sighting);
            }
        }
    }

    private static void TakeIn(RolloutTurn turn, int i, TargetSighting sighting)
    {
        var before = turn.Targets[i];
        var after = before with
        {
            IsOnline = sighting.IsOnline,
            IsHealthy = sighting.IsHealthy,
            IsGone = before.IsGone || sighting.IsGone,
        };
        if (before.Phase.IsUnderWay && sighting.Phase > before.Phase)
        {
            after = after with { Phase = sighting.Phase, Reason = sighting.Reason, Detail = sighting.Detail };
            turn.Progress();
        }

        if (after.IsGone && !after.Phase.IsEnd)
        {
            const string Detail = "The agent was removed or no longer carries the environment's labels.";
            turn.Close(i, after, DeploymentPhase.Skipped, FailureReason.Unspecified, Detail);
            return;
        }

        var isBack = sighting.RevertPhase.IsEnd || after.IsGone;
        turn.Targets[i] = after with { IsReverting = before.IsReverting && !isBack };
    }

    private static void BeginAbort(RolloutTurn turn, RolloutEvent.Aborted aborted)
    {
        var cause = aborted.Reason.Length == 0
            ? $"Aborted by {aborted.By}."
            : $"Aborted by {aborted.By}: {aborted.Reason}";
        turn.Abort(cause);
        turn.Progress();
        turn.Rest(DeploymentPhase.Skipped, "The rollout was aborted before its turn.");
        turn.Return(DeploymentPhase.Superseded, FailureReason.Unspecified, "The rollout was aborted.");
    }

    private static void GoOnAborting(RolloutTurn turn)
    {
        var returning = turn.Targets.Count(target => target.IsReverting);
        if (returning == 0 || turn.Now >= turn.DeadlineAt)
        {
            var rest = returning == 0 ? "" : $" {Agents(returning)} did not say that they went back.";
            turn.End(RolloutState.Aborted, turn.Rollout.StopCause + rest);
            return;
        }

        turn.Wait($"{Agents(returning)} to go back to the previous release", turn.DeadlineAt);
    }

    private static void Supersede(RolloutTurn turn, RolloutEvent.Superseded superseded)
    {
        // What is under way stays so on its host until the newer rollout reaches it: two restarts would cost more.
        turn.Rest(DeploymentPhase.Superseded, "A newer rollout took over.");
        for (var i = 0; i < turn.Targets.Length; i++)
        {
            if (turn.Targets[i].Phase.IsUnderWay)
            {
                turn.Targets[i] = turn.Targets[i] with { Phase = DeploymentPhase.Superseded };
            }
        }

        turn.End(RolloutState.Superseded, $"Superseded by {superseded.By}.");
    }

    private static void GoOn(RolloutTurn turn)
    {
        if (turn.Rollout.State == RolloutState.Pending)
        {
            turn.Start();
        }

        turn.CountFailures();
        if (turn.Rollout.StopCause is null && turn.Now >= turn.DeadlineAt)
        {
            turn.Stop($"No progress for {Words(turn.Plan.ProgressDeadline)}; it waited for {turn.Rollout.WaitingFor}.");
        }

        if (turn.Rollout.StopCause is not null)
        {
            FinishStopped(turn);
            return;
        }

        while (!Advance(turn))
        {
        }
    }

    private static void FinishStopped(RolloutTurn turn)
    {
        if (turn.Now >= turn.DeadlineAt)
        {
            turn.Return(
                DeploymentPhase.Failed,
                FailureReason.AgentUnreachable,
                $"The agent said nothing new for {Words(turn.Plan.ProgressDeadline)}.");
        }

        if (turn.UnderWay > 0)
        {
            turn.Wait($"{turn.DescribeUnderWay()} to end, before the rollout fails", turn.DeadlineAt);
            return;
        }

        turn.Rest(DeploymentPhase.Skipped, "The rollout stopped before its turn.");
        turn.End(RolloutState.Failed, turn.Rollout.StopCause!);
    }

    // One step forward; true once nothing is left to do until something happens.
    private static bool Advance(RolloutTurn turn)
    {
        RolloutAdmission.Admit(turn);
        if (turn.UnderWay > 0)
        {
            turn.StopBake();
            turn.Wait($"{turn.DescribeUnderWay()} to end", turn.DeadlineAt);
            return true;
        }

        if (RolloutAdmission.IsBlocked(turn))
        {
            turn.StopBake();
            turn.Wait(RolloutAdmission.DescribeBlock(turn), turn.DeadlineAt);
            return true;
        }

        return Bake(turn);
    }

    private static bool Bake(RolloutTurn turn)
    {
        var waiting = turn.Waiting.ToList();
        if (waiting.Count == 0)
        {
            turn.Enter(RolloutState.Verifying);
        }

        var sick = turn.Present.FirstOrDefault(
            target => target.Phase == DeploymentPhase.Committed && !target.IsAvailable);
        if (sick is not null)
        {
            turn.StopBake();
            turn.Wait($"{sick.AgentName} to be {(sick.IsOnline ? "healthy" : "online")} again", turn.DeadlineAt);
            return true;
        }

        var bakedAt = turn.Bake();
        if (turn.Now < bakedAt)
        {
            turn.Wait($"the bake of batch {turn.Rollout.CurrentBatch} to end", bakedAt);
            return true;
        }

        if (waiting.Exists(target => target.IsOnline))
        {
            turn.NextBatch();
            return false;
        }

        if (waiting.Count == 0)
        {
            Succeed(turn);
            return true;
        }

        var patienceEndsAt = turn.Rollout.ProgressAt + turn.Plan.Bake + turn.Plan.OfflineGrace;
        if (turn.Now >= patienceEndsAt)
        {
            turn.Rest(DeploymentPhase.Skipped, "The agent was offline; it catches up when it comes back.");
            return false;
        }

        turn.Wait($"{waiting[0].AgentName} to come online", patienceEndsAt);
        return true;
    }

    private static void Succeed(RolloutTurn turn)
    {
        var committed = turn.Present.Count(target => target.Phase == DeploymentPhase.Committed);
        if (committed == 0)
        {
            turn.End(RolloutState.Failed, "No agent took the release.");
            return;
        }

        turn.Promote();
        var others = turn.Targets.Length - committed;
        turn.End(
            RolloutState.Succeeded,
            $"{Agents(committed)} {(committed == 1 ? "runs" : "run")} the release"
                + (others == 0 ? "." : $", {others} {(others == 1 ? "does" : "do")} not."));
    }

    private static string Agents(int count) => count == 1 ? "1 agent" : $"{count} agents";

    private static string Words(TimeSpan time) => time.TotalMinutes >= 1 && time.Seconds == 0
        ? $"{time.TotalMinutes:0} min"
        : $"{time.TotalSeconds:0.###} s";
}
