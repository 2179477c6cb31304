using System.Globalization;

namespace Slipway.Agent.Deployments;

/// <summary>Decides what to do next for one workload. Looks only at the view: no memory, no clock.</summary>
/// <remarks>
/// The order of a commit is: the decision in the journal, promotion by the runtime, the link <c>current</c>, the
/// record, the last line of the journal. Whoever is killed in between finds the decision, asks the runtime whether it
/// promoted, and does what is left. If the runtime refuses (the new instance has ended), the attempt fails and the old
/// one was never touched. If nothing lives at all (the host was restarted), the decision stands: the new release was
/// ready and stayed so.
/// </remarks>
internal static class DeploymentPlanner
{
    /// <summary>Between the ticket of a deployment and the number of its restart.</summary>
    public const string RestoreMark = ".r";

    private static readonly TimeSpan Forever = TimeSpan.FromDays(1);

    /// <summary>Until a host is looked at again that was taken.</summary>
    private static readonly TimeSpan HostPause = TimeSpan.FromSeconds(1);

    /// <summary>How much longer than asked the runtime may take to say whether an instance is ready.</summary>
    private static readonly TimeSpan RuntimeGrace = TimeSpan.FromSeconds(30);

    public static Step Next(WorkloadView view)
    {
        if (view.Attempt is { IsEnded: true })
        {
            return new(StepKind.Close);
        }

        var keep = view.Attempt is { IsDecided: true } || IsRemoved(view) ? Step.Wait(Forever) : KeepCommitted(view);
        if (keep.Kind != StepKind.Wait)
        {
            return keep;
        }

        var deploy = Deploy(view);
        return deploy.Kind == StepKind.Wait && keep.Delay < deploy.Delay ? keep : deploy;
    }

    /// <summary>Whether the instance runs what was committed, by its first start or a later one.</summary>
    public static bool IsOf(Instance instance, Workload? committed) =>
        committed is not null && (instance.Ticket == committed.DeploymentId
            || instance.Ticket.StartsWith(committed.DeploymentId + RestoreMark, StringComparison.Ordinal));

    private static bool IsRemoved(WorkloadView view) => view.Desired is null && view.IsDesiredKnown;

    private static Step Deploy(WorkloadView view)
    {
        if (view.Attempt is { } attempt)
        {
            var instance = view.Runtime?.Find(attempt.Ticket);
            return attempt.IsDecided ? Finish(view, attempt, instance)
                : IsOutdated(view, attempt) ? new(StepKind.Supersede)
                : Continue(view, attempt, instance);
        }

        if (IsRemoved(view))
        {
            return view.Exists ? new(StepKind.Remove) : Step.Wait(Forever);
        }

        return view.Desired is { } desired && !view.Record.HasEnded(desired)
            ? view.IsHostTaken && desired.Kind != RuntimeKind.Agent ? Step.Wait(HostPause) : new(StepKind.Begin)
            : DiscardStray(view);
    }

    private static bool IsOutdated(WorkloadView view, Attempt attempt) =>
        IsRemoved(view) || (view.Desired is { } desired
            && (desired.Generation != attempt.Workload.Generation
                || desired.DeploymentId != attempt.Workload.DeploymentId));

    private static Step Finish(WorkloadView view, Attempt attempt, Instance? instance) => instance?.Phase switch
    {
        // Perhaps not the first one any more: the runtime may have put a fresh one in its place.
        _ when view.Runtime?.Instances.Any(one => IsOf(one, attempt.Workload)
            && one.Phase is InstancePhase.Current or InstancePhase.BackingOff) == true => new(StepKind.Commit),
        InstancePhase.Confirming => Step.Wait(HostPause),
        InstancePhase.Ready => new(StepKind.Promote) { Ticket = attempt.Ticket },
        _ when view.Runtime is null => new(StepKind.Commit),
        null => Step.Fail(FailureReason.Interrupted, "The new instance was lost before it could take over."),
        _ => Step.Fail(
            instance.Reason >= FailureReason.HookFailed ? instance.Reason : FailureReason.BakeFailed,
            Sentence(instance, "ended before it could take over"),
            instance.Output),
    };

    private static Step Continue(WorkloadView view, Attempt attempt, Instance? instance) => attempt.Phase switch
    {
        DeploymentPhase.Assigned => Accept(attempt.Workload, view.Record.Committed),
        DeploymentPhase.Fetching => new(StepKind.Fetch),
        DeploymentPhase.Staging => new(StepKind.Stage),
        _ when instance is null && attempt.Workload.Kind == RuntimeKind.Agent && view.IsHostTaken =>
            WaitForHost(view, attempt),
        _ when instance is null => new(StepKind.Start) { Ticket = attempt.Ticket },
        _ => Watch(view, attempt, instance),
    };

    private static Step WaitForHost(WorkloadView view, Attempt attempt) =>
        attempt.Last.At + attempt.Workload.StartTimeout > view.Now
            ? Step.Wait(HostPause)
            : Step.Fail(
                FailureReason.HostBusy,
                $"Other deployments on this host did not end within {attempt.Workload.StartTimeout}; deploy again "
                    + "when they have, or give agent.start_timeout more time.");

    private static Step Accept(Workload workload, Workload? committed) =>
        workload.Unsupported is { } unsupported ? Step.Fail(FailureReason.InvalidSpec, unsupported)
        : workload.Kind == RuntimeKind.Server && workload.Server.Command.Count == 0
            ? Step.Fail(FailureReason.InvalidSpec, "server.command is empty.")
        : committed is not null && committed.Kind != workload.Kind
            ? Step.Fail(
                FailureReason.InvalidSpec,
                "The application ran as another kind here before, which cannot change; make another application.")
        : workload.Artifact is null
            ? Step.Fail(
                FailureReason.NoArtifact, $"Release {workload.Version} has no artifact for this host's platform.")
        : new(StepKind.Accept);

    private static Step Watch(WorkloadView view, Attempt attempt, Instance instance)
    {
        var isVerifying = attempt.Phase == DeploymentPhase.Verifying;
        switch (instance.Phase)
        {
            case InstancePhase.Current or InstancePhase.BackingOff:
                return new(StepKind.Decide);
            case InstancePhase.Ready when instance.Restarts > 0:
                return Step.Fail(
                    FailureReason.BakeFailed, Sentence(instance, "ended and was restarted"), instance.Output);
            case InstancePhase.Ready when !isVerifying:
                return new(StepKind.Verify);
            case InstancePhase.Ready:
                var left = (instance.ReadyAt ?? view.Now) + attempt.Workload.Bake - view.Now;
                return left > TimeSpan.Zero ? Step.Wait(left) : new(StepKind.Decide);
            case InstancePhase.Starting:
                var deadline = instance.Deadline ?? (instance.StartedAt + attempt.Workload.StartTimeout);
                var limit = deadline + RuntimeGrace - view.Now;
                return limit > TimeSpan.Zero
                    ? Step.Wait(limit)
                    : Step.Fail(FailureReason.NotReady, Sentence(instance, "did not become ready"), instance.Output);
            case InstancePhase.Failed:
                return Step.Fail(
                    isVerifying || instance.ReadyAt is not null ? FailureReason.BakeFailed : instance.Reason,
                    Sentence(instance, "failed"),
                    instance.Output);
            default:
                return Step.Fail(
                    FailureReason.Interrupted, "The new instance was stopped by somebody else.", instance.Output);
        }
    }

    // Whatever becomes of attempts: what was committed runs. The runtime restarts it; here is what to do without the
    // runtime.
    private static Step KeepCommitted(WorkloadView view)
    {
        // Which program the agent is, is decided when it starts, and by nothing else.
        if (view.Record.Committed is not { } committed || committed.Kind == RuntimeKind.Agent)
        {
            return Step.Wait(Forever);
        }

        var own = (view.Runtime ?? RuntimeState.Empty).Instances
            .Where(instance => IsOf(instance, committed) && instance.Ticket != view.Attempt?.Ticket).ToList();
        if (own.Exists(instance => instance.Phase is InstancePhase.Current or InstancePhase.BackingOff))
        {
            return Step.Wait(Forever);
        }

        if (own.Find(instance => instance.Phase == InstancePhase.Ready) is { } ready)
        {
            return new(StepKind.Promote) { Ticket = ready.Ticket };
        }

        if (own.Exists(instance => instance.Phase == InstancePhase.Starting))
        {
            return Step.Wait(Forever);
        }

        return view.RestoreAt > view.Now
            ? Step.Wait(view.RestoreAt - view.Now)
            : new(StepKind.Restore) { Ticket = NextTicket(own, committed) };
    }

    private static string NextTicket(List<Instance> own, Workload committed)
    {
        var prefix = committed.DeploymentId + RestoreMark;
        var last = own
            .Where(instance => instance.Ticket.StartsWith(prefix, StringComparison.Ordinal))
            .Select(instance =>
                int.TryParse(instance.Ticket.AsSpan(prefix.Length), CultureInfo.InvariantCulture, out var n) ? n : 0)
            .DefaultIfEmpty(0)
            .Max();
        return $"{prefix}{last + 1}";
    }

    private static Step DiscardStray(WorkloadView view)
    {
        var stray = (view.Runtime ?? RuntimeState.Empty).Instances.FirstOrDefault(instance =>
            instance.Phase is InstancePhase.Starting or InstancePhase.Ready && !IsOf(instance, view.Record.Committed));
        return stray is null ? Step.Wait(Forever) : new(StepKind.Discard) { Ticket = stray.Ticket };
    }

    private static string Sentence(Instance instance, string otherwise) =>
        instance.Detail is { Length: > 0 } detail ? detail : $"The new instance {otherwise}.";
}
