using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Slipway.ControlPlane.Agents;
using Slipway.ControlPlane.History;
using Slipway.ControlPlane.Storage;
using Slipway.ControlPlane.Storage.Rows;
using Slipway.Shared.Rpc;

namespace Slipway.ControlPlane.Registry;

/// <summary>What sessions read and write in the tables.</summary>
/// <remarks>It leaves the agents' row versions alone: they count decisions, not sightings.</remarks>
internal sealed class SessionStore(Database database, TimeProvider time)
{
    private const int LongestOutput = 8 * 1024;

    /// <summary>More than one an hour for a month, which is what an agent tells.</summary>
    private const int MostEnds = 1000;

    /// <summary>Notes the session and what the agent said of itself; answers with this control plane's epoch.</summary>
    /// <remarks>An agent that knows more than the tables do shows that they were restored: the epoch grows.</remarks>
    public Task<long> OpenAsync(
        AgentSession session,
        string replica,
        AgentHello hello,
        CancellationToken cancellationToken) => database.WriteAsync(
            async (context, token) =>
            {
                var now = time.GetUtcNow();
                var agent = await PresentAsync(context, session.AgentId, token);
                var selfLabels = AgentLabels.ToJson(hello.SelfLabels);
                var observed = hello.Observed is null ? agent.ObservedJson : ObservedWorkload.ToJson(hello.Observed);
                var platform = hello.Platform.Length == 0 ? agent.Platform : hello.Platform;
                await context.Agents.Where(row => row.Id == session.AgentId).ExecuteUpdateAsync(
                    set => set.SetProperty(row => row.SessionId, session.Id)
                        .SetProperty(row => row.SessionReplica, replica)
                        .SetProperty(row => row.LastSeenAt, now)
                        .SetProperty(row => row.AgentVersion, hello.AgentVersion)
                        .SetProperty(row => row.BootId, hello.BootId)
                        .SetProperty(row => row.MachineId, hello.MachineId)
                        .SetProperty(row => row.Platform, platform)
                        .SetProperty(row => row.SelfLabelsJson, selfLabels)
                        .SetProperty(row => row.ObservedJson, observed),
                    token);
                return await RaiseEpochAsync(context, hello.Resume, agent.DesiredRevision, token);
            },
            cancellationToken);

    /// <summary>The agent is offline, unless a newer session has taken its place.</summary>
    public Task CloseAsync(AgentSession session, CancellationToken cancellationToken) => database.WriteAsync(
        (context, token) => context.Agents
            .Where(row => row.Id == session.AgentId && row.SessionId == session.Id)
            .ExecuteUpdateAsync(
                set => set.SetProperty(row => row.SessionId, (string?)null)
                    .SetProperty(row => row.SessionReplica, (string?)null)
                    .SetProperty(row => row.LastSeenAt, time.GetUtcNow()),
                token),
        cancellationToken);

    /// <summary>All that the agent has to run, and the name of that state.</summary>
    /// <exception cref="ProblemException">AGENT_REMOVED.</exception>
    public Task<(DesiredMark Mark, IReadOnlyList<WorkloadRow> Workloads)> DesiredAsync(
        Guid agentId,
        CancellationToken cancellationToken) => database.ReadAsync(
            async (context, token) =>
            {
                var agent = await PresentAsync(context, agentId, token);
                IReadOnlyList<WorkloadRow> workloads = await context.Workloads
                    .Where(row => row.AgentId == agentId)
                    .OrderBy(row => row.Application).ThenBy(row => row.Environment)
                    .ToListAsync(token);
                return (new DesiredMark(await EpochAsync(context, token), agent.DesiredRevision), workloads);
            },
            cancellationToken);

    public Task AcknowledgeAsync(Guid agentId, long revision, CancellationToken cancellationToken) =>
        database.WriteAsync(
            (context, token) => context.Agents
                .Where(row => row.Id == agentId && row.AckRevision < revision && row.DesiredRevision >= revision)
                .ExecuteUpdateAsync(set => set.SetProperty(row => row.AckRevision, revision), token),
            cancellationToken);

    public Task ObserveAsync(
        Guid agentId,
        IReadOnlyList<ObservedWorkload> workloads,
        CancellationToken cancellationToken) => database.WriteAsync(
            (context, token) => SaveObservedAsync(context, agentId, workloads, token),
            cancellationToken);

    /// <summary>Takes a report into the history; answers with its rollout, or null when it changed nothing.</summary>
    /// <remarks>Reports of deployments that are not known, as after a restore, are taken as read.</remarks>
    public Task<DeploymentRow?> ReportAsync(
        Guid agentId,
        ReportedStep step,
        CancellationToken cancellationToken) => database.WriteAsync(
            async (context, token) =>
            {
                var row = await context.Deployments.Include(found => found.Phases)
                    .SingleOrDefaultAsync(found => found.Id == step.DeploymentId && found.AgentId == agentId, token);
                var now = time.GetUtcNow();
                var at = step.At < now ? step.At.Value : now;
                if (row is not null && step.EndedRun is { } run)
                {
                    await AddEndAsync(context, row, step, run, at, token);
                    return null;
                }

                if (row is null || step.Sequence <= row.LastSequence)
                {
                    return null;
                }

                row.LastSequence = step.Sequence;
                if (!Enum.IsDefined(step.Phase) || !row.Advance(step.Phase, at))
                {
                    return null;
                }

                row.Reason = (int)step.Reason;
                row.Detail = step.Detail;
                row.Output = EndOf(step.Output, LongestOutput);
                if (step.Phase == DeploymentPhase.Committed)
                {
                    await CommitAsync(context, row, now, token);
                }

                return row;
            },
            cancellationToken);

    public static async Task<long> EpochAsync(SlipwayContext context, CancellationToken cancellationToken)
    {
        var value = await context.Settings.Where(row => row.Key == SettingRow.Epoch).Select(row => row.Value)
            .SingleOrDefaultAsync(cancellationToken);
        return value is null ? 1 : long.Parse(value, CultureInfo.InvariantCulture);
    }

    private static async Task<AgentRow> PresentAsync(
        SlipwayContext context,
        Guid agentId,
        CancellationToken cancellationToken) =>
        await context.Agents.AsNoTracking()
            .SingleOrDefaultAsync(row => row.Id == agentId && row.RemovedAt == null, cancellationToken)
        ?? throw new ProblemException(SessionProblems.Removed());

    private static async Task AddEndAsync(
        SlipwayContext context,
        DeploymentRow deployment,
        ReportedStep step,
        long run,
        DateTimeOffset at,
        CancellationToken cancellationToken)
    {
        var known = context.DeploymentEnds.Where(end => end.DeploymentId == deployment.Id);
        if (await known.AnyAsync(end => end.Run == run, cancellationToken)
            || await known.CountAsync(cancellationToken) >= MostEnds)
        {
            return;
        }

        context.DeploymentEnds.Add(new DeploymentEndRow
        {
            DeploymentId = deployment.Id,
            Run = run,
            Restarts = step.Restarts,
            At = at,
            Reason = (int)step.Reason,
            Detail = step.Detail,
            Output = EndOf(step.Output, LongestOutput),
        });
    }

    private static string EndOf(string text, int length) => text.Length <= length ? text : text[^length..];

    // A committed release serves and is healthy, unless the agent has said more of it already.
    private static async Task CommitAsync(
        SlipwayContext context,
        DeploymentRow deployment,
        DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var agent = await PresentAsync(context, deployment.AgentId!.Value, cancellationToken);
        var workload = await context.Workloads.AsNoTracking()
            .SingleOrDefaultAsync(row => row.DeploymentId == deployment.Id, cancellationToken);
        if (workload is null)
        {
            return;
        }

        var seen = ObservedWorkload.ListFrom(agent.ObservedJson).ToLookup(workload =>
            workload.Application == deployment.Application && workload.Environment == deployment.Environment);
        if (seen[true].Any(own => own.Generation >= workload.Generation))
        {
            return;
        }

        var committed = new ObservedWorkload
        {
            Application = deployment.Application,
            Environment = deployment.Environment,
            Generation = workload.Generation,
            RunningVersion = deployment.Version,
            IsHealthy = true,
            Since = now,
        };
        await SaveObservedAsync(context, agent.Id, [.. seen[false], committed], cancellationToken);
    }

    private static Task<int> SaveObservedAsync(
        SlipwayContext context,
        Guid agentId,
        IReadOnlyList<ObservedWorkload> workloads,
        CancellationToken cancellationToken)
    {
        var json = ObservedWorkload.ToJson(workloads);
        return context.Agents.Where(row => row.Id == agentId).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.ObservedJson, json),
            cancellationToken);
    }

    private static async Task<long> RaiseEpochAsync(
        SlipwayContext context,
        DesiredMark resume,
        long revision,
        CancellationToken cancellationToken)
    {
        var epoch = await EpochAsync(context, cancellationToken);
        var isAhead = resume.Epoch > epoch || (resume.Epoch == epoch && resume.Revision > revision);
        if (!isAhead)
        {
            return epoch;
        }

        var row = await context.Settings.SingleOrDefaultAsync(
            setting => setting.Key == SettingRow.Epoch, cancellationToken);
        row ??= context.Settings.Add(new SettingRow { Key = SettingRow.Epoch, Value = "" }).Entity;
        var raised = Math.Max(epoch, resume.Epoch) + 1;
        row.Value = raised.ToString(CultureInfo.InvariantCulture);
        return raised;
    }
}
