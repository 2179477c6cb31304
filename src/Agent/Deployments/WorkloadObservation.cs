using Slipway.Shared.Logs;

namespace Slipway.Agent.Deployments;

/// <summary>Says what runs for one workload, in the words of the control plane.</summary>
internal static class WorkloadObservation
{
    private const int MostWords = 200;

    public static WorkloadStatus Of(WorkloadKey key, WorkloadView view, WorkloadStatus? before)
    {
        var instances = (view.Runtime ?? RuntimeState.Empty).Instances;
        var serving = instances.FirstOrDefault(instance => instance.Phase == InstancePhase.Current);
        var status = new WorkloadStatus(
            key,
            view.Record.EndedGeneration,
            serving?.Version,
            serving is { IsUnhealthy: false },
            serving is null ? Why(view, instances)
                : serving.IsUnhealthy ? $"The program runs and does not serve: {serving.Detail}"
                : serving.Note.Length > 0 ? serving.Note
                : view.Runtime!.Note,
            serving is { Pid: > 0 } ? [serving.Pid] : [],
            view.Now);
        return before is not null && IsSame(before, status) ? before : status;
    }

    private static string Why(WorkloadView view, IReadOnlyList<Instance> instances)
    {
        if (instances.FirstOrDefault(instance => instance.Phase == InstancePhase.BackingOff) is { } crashed)
        {
            return $"The program ended by itself and is started again: {crashed.Detail}{LastWords(crashed)}";
        }

        if (instances.FirstOrDefault(instance => instance.Phase == InstancePhase.Confirming) is { } confirming)
        {
            return confirming.Detail;
        }

        if (view.Record.Committed is { } committed)
        {
            var last = instances.LastOrDefault(instance => DeploymentPlanner.IsOf(instance, committed));
            return committed.Kind == RuntimeKind.Agent
                ? view.Runtime is { Note.Length: > 0 } runtime ? runtime.Note
                : $"The installed agent runs, not that of release {committed.Version}."
                : last?.Phase == InstancePhase.Failed
                ? $"Release {committed.Version} could not be started again: {last.Detail}{LastWords(last)}"
                : view.Trouble.Length > 0 ? $"Release {committed.Version} could not be started again: {view.Trouble}"
                : $"Release {committed.Version} is being started again.";
        }

        return view.Record.Failure is { Length: > 0 } failure
            ? $"Nothing was ever committed: {failure}"
            : "Nothing was committed yet.";
    }

    /// <summary>The last line of its output, if it said anything.</summary>
    private static string LastWords(Instance instance)
    {
        var line = instance.Output.TrimEnd().Split('\n')[^1].Trim();
        return line.Length == 0 ? ""
            : $" Its last words: {SafeText.Of(line.Length <= MostWords ? line : line[..MostWords] + "…")}";
    }

    private static bool IsSame(WorkloadStatus left, WorkloadStatus right) =>
        left.Generation == right.Generation && left.RunningVersion == right.RunningVersion
        && left.IsHealthy == right.IsHealthy && left.Detail == right.Detail && left.Pids.SequenceEqual(right.Pids);
}
