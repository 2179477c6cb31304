using System.Globalization;
using Slipway.Agent.Deployments;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// How a current generation that does not serve any more gets a successor of its own kind: beside it, and only a ready
/// one takes its place. One that never gets ready leaves the old one, which is all there is.
/// </summary>
internal static class Replacement
{
    /// <summary>A ready or current generation does not do what its liveness asks for.</summary>
    public static SupervisorStep Fail(
        SupervisorPlan plan,
        SupervisorEvent.Failing failing,
        DateTimeOffset now,
        Func<Generation, bool, Generation> backOff)
    {
        switch (plan.Find(failing.Number))
        {
            case { Phase: GenerationPhase.Ready } ready:
                var failed = ready with
                {
                    Phase = GenerationPhase.Failed,
                    End = failing.End,
                    Detail = failing.Detail,
                    Deadline = now + ready.Spec.Server.StopGrace,
                };
                return new SupervisorStep(plan.With(failed), [new SupervisorAction.Stop(failed)]);

            case { Phase: GenerationPhase.Current } sick:
                var isNew = !sick.IsUnhealthy;
                sick = sick with { IsUnhealthy = true, End = failing.End, Detail = failing.Detail };
                return new SupervisorStep(
                    plan.With(sick.Deadline is null && Of(plan, sick) is null ? backOff(sick, isNew) : sick), []);

            default:
                return new SupervisorStep(plan, []);
        }
    }

    /// <summary>The time has come to start it.</summary>
    public static SupervisorStep Begin(SupervisorPlan plan, Generation sick, DateTimeOffset now)
    {
        plan = plan.With(sick with { Deadline = null });
        if (!sick.IsUnhealthy || Of(plan, sick) is not null)
        {
            return new SupervisorStep(plan, []);
        }

        var fresh = new Generation(NextTicket(plan, sick.Ticket), sick.Spec)
        {
            Number = plan.LastNumber + 1,
            Phase = GenerationPhase.Starting,
            StartedAt = now,
            Deadline = now + sick.Spec.Server.StartTimeout,
            Restarts = sick.Restarts + 1,
            Failures = sick.Failures,
            Replaces = sick.Ticket,
        };
        return new SupervisorStep(
            plan.With(fresh) with { LastNumber = fresh.Number }, [new SupervisorAction.Spawn(fresh)]);
    }

    /// <summary>It will not become ready: the old one is kept, and another is tried later.</summary>
    public static SupervisorPlan GiveUp(
        SupervisorPlan plan, Generation failed, string why, Func<Generation, bool, Generation> backOff) =>
        failed.Replaces is { } ticket
            && plan.Find(ticket) is { Phase: GenerationPhase.Current, IsUnhealthy: true } sick
            ? plan.With(backOff(sick with { Detail = $"{sick.Detail} A fresh one did not become ready: {why}" }, false))
            : plan;

    public static Generation Recover(Generation old) => old.IsUnhealthy
        ? old with { IsUnhealthy = false, End = GenerationEnd.None, Detail = "", Deadline = null }
        : old;

    private static Generation? Of(SupervisorPlan plan, Generation sick) => plan.Generations.FirstOrDefault(
        other => other.Replaces == sick.Ticket && other.Phase == GenerationPhase.Starting);

    private static string NextTicket(SupervisorPlan plan, string ticket)
    {
        var mark = ticket.LastIndexOf(DeploymentPlanner.RestoreMark, StringComparison.Ordinal);
        var prefix = (mark > 0 && ticket[(mark + 2)..].All(char.IsAsciiDigit) ? ticket[..mark] : ticket)
            + DeploymentPlanner.RestoreMark;
        var last = plan.Generations
            .Where(other => other.Ticket.StartsWith(prefix, StringComparison.Ordinal))
            .Select(other => int.TryParse(
                other.Ticket.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? number
                : 0)
            .DefaultIfEmpty(0)
            .Max();
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}{last + 1}");
    }
}
