using Slipway.ControlPlane.History;

namespace Slipway.ControlPlane.Rollouts;

/// <summary>The scratch paper of one decision of <see cref="RolloutPlanner"/>.</summary>
internal sealed class RolloutTurn(Rollout rollout, DateTimeOffset now)
{
    private readonly List<RolloutAction> _actions = [];

    public DateTimeOffset Now { get; } = now;

    public Rollout Rollout { get; private set; } = rollout;

    public RolloutTarget[] Targets { get; } = [.. rollout.Targets];

    public RolloutPlan Plan => Rollout.Plan;

    public IEnumerable<RolloutTarget> Present => Targets.Where(target => !target.IsGone);

    public IEnumerable<RolloutTarget> Waiting => Targets.Where(target => target.Phase == DeploymentPhase.Waiting);

    public int UnderWay => Targets.Count(target => target.Phase.IsUnderWay);

    /// <summary>When the rollout fails unless something moves forward. The bake is given on top of it.</summary>
    public DateTimeOffset DeadlineAt =>
        Rollout.ProgressAt + Plan.ProgressDeadline + (IsBetweenBatches ? Plan.Bake : TimeSpan.Zero);

    public void Start()
    {
        Rollout = Rollout with { State = RolloutState.Running, StartedAt = Now, CurrentBatch = 1 };
        Progress();
    }

    public void Enter(RolloutState state) => Rollout = Rollout with { State = state };

    public void Progress() => Rollout = Rollout with { ProgressAt = Now };

    public void Stop(string cause) => Rollout = Rollout with { StopCause = Rollout.StopCause ?? cause };

    public void Abort(string cause) =>
        Rollout = Rollout with { State = RolloutState.Aborting, StopCause = cause, BakeSince = null };

    public void NextBatch()
    {
        Rollout = Rollout with { CurrentBatch = Rollout.CurrentBatch + 1, BakeSince = null };
        Progress();
    }

    /// <summary>Goes on with the bake, or begins it, and says when it ends.</summary>
    public DateTimeOffset Bake()
    {
        var since = Rollout.BakeSince ?? Now;
        Rollout = Rollout with { BakeSince = since };
        return since + Plan.Bake;
    }

    public void StopBake() => Rollout = Rollout with { BakeSince = null };

    public void CountFailures()
    {
        var failed = Targets.Where(target => target.Phase.IsFailure).ToList();
        if (failed.Count > Plan.MaxFailures)
        {
            var last = failed[^1];
            var detail = last.Detail.Length == 0 ? last.Reason.ToString() : last.Detail;
            Stop($"{failed.Count} failed, {Plan.MaxFailures} may; {last.AgentName}: {detail}");
        }
    }

    public void Assign(int i)
    {
        var batch = Rollout.CurrentBatch;
        Targets[i] = Targets[i] with { Phase = DeploymentPhase.Assigned, Batch = batch };
        _actions.Add(new RolloutAction.Assign(Targets[i].AgentId, batch));
        Progress();
    }

    /// <summary>Ends a target without its agent, and its deployment too if there is one.</summary>
    public void Close(int i, RolloutTarget target, DeploymentPhase phase, FailureReason reason, string detail)
    {
        if (target.Phase.IsUnderWay)
        {
            _actions.Add(new RolloutAction.Close(target.AgentId, phase, reason, detail));
        }

        Targets[i] = target with { Phase = phase, Reason = reason, Detail = detail };
    }

    /// <summary>Ends whoever has not had his turn.</summary>
    public void Rest(DeploymentPhase phase, string detail)
    {
        for (var i = 0; i < Targets.Length; i++)
        {
            if (Targets[i].Phase == DeploymentPhase.Waiting)
            {
                Close(i, Targets[i], phase, FailureReason.Unspecified, detail);
            }
        }
    }

    /// <summary>Sends everybody who is under way back to the previous release.</summary>
    public void Return(DeploymentPhase phase, FailureReason reason, string detail)
    {
        for (var i = 0; i < Targets.Length; i++)
        {
            if (Targets[i].Phase.IsUnderWay)
            {
                Close(i, Targets[i], phase, reason, detail);
                _actions.Add(new RolloutAction.Revert(Targets[i].AgentId));
                Targets[i] = Targets[i] with { IsReverting = Targets[i].PreviousVersion.Length > 0 };
            }
        }
    }

    public void Promote() => _actions.Add(new RolloutAction.Promote());

    public void Wait(string waitingFor, DateTimeOffset until) =>
        Rollout = Rollout with { WaitingFor = waitingFor, NextTimerAt = until };

    public void End(RolloutState state, string outcome) => Rollout = Rollout with
    {
        State = state,
        Outcome = outcome,
        WaitingFor = "",
        FinishedAt = Now,
        NextTimerAt = null,
        BakeSince = null,
    };

    public string DescribeUnderWay()
    {
        var underWay = Targets.Where(target => target.Phase.IsUnderWay).ToList();
        var first = $"{underWay[0].AgentName} ({underWay[0].Phase.ToString().ToLowerInvariant()})";
        return underWay.Count == 1 ? first : $"{first} and {underWay.Count - 1} more";
    }

    public RolloutStep ToStep() => new(Rollout with { Targets = Targets }, _actions);

    private bool IsBetweenBatches =>
        UnderWay == 0 && Rollout.State is RolloutState.Running or RolloutState.Verifying;
}
