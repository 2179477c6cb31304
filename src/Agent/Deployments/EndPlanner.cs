namespace Slipway.Agent.Deployments;

/// <summary>
/// Decides which ends of a committed release's program the history hears of: a program that crashes in a loop must not
/// flood it. The first few are told, then one an hour; how often it was restarted says how many were left out.
/// </summary>
internal static class EndPlanner
{
    /// <summary>So many are told before any has to wait.</summary>
    public const int Most = 5;

    /// <summary>So often one more may be told.</summary>
    public static readonly TimeSpan Earned = TimeSpan.FromHours(1);

    /// <summary>Which to tell now, the oldest first, and what to remember then.</summary>
    public static (ToldEnds? Told, IReadOnlyList<ProgramEnd> Ends) Next(
        ToldEnds? before, Workload committed, IEnumerable<Instance> instances, DateTimeOffset now)
    {
        var told = before?.DeploymentId == committed.DeploymentId
            ? Earn(before, now)
            : new ToldEnds(committed.DeploymentId, Run: 0, Most, now);
        var ends = instances.Where(instance => DeploymentPlanner.IsOf(instance, committed))
            .SelectMany(instance => instance.Ends)
            .Where(end => end.Run > told.Run)
            .OrderBy(end => end.Run)
            .TakeLast(told.Left)
            .ToList();
        return ends.Count > 0
            ? (told with { Run = ends[^1].Run, Left = told.Left - ends.Count }, ends)
            : (before?.Since > now ? before with { Since = now } : before, []);
    }

    private static ToldEnds Earn(ToldEnds told, DateTimeOffset now)
    {
        // A clock that was set back must not silence it for longer.
        var since = told.Since <= now ? told.Since : now;
        var earned = (long)((now - since) / Earned);
        return told.Left + earned >= Most
            ? told with { Left = Most, Since = now }
            : told with { Left = told.Left + (int)earned, Since = since + (earned * Earned) };
    }
}
