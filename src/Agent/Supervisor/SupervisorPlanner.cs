using Slipway.Agent.Deployments;

namespace Slipway.Agent.Supervisor;

/// <summary>Decides what a supervisor does next. Knows no process, file or clock.</summary>
internal sealed class SupervisorPlanner(Random jitter)
{
    /// <summary>How many generations that are over stay in the plan, to answer for their tickets.</summary>
    public const int KeptEnded = 8;

    /// <summary>How long a program may go on with its start, or its end, after it first asked for more time.</summary>
    private static readonly TimeSpan MostExtension = TimeSpan.FromHours(1);

    /// <summary>How many ends of a generation's processes stay to be told.</summary>
    public const int KeptEnds = 5;

    /// <summary>What a new supervisor makes of its predecessor's plan.</summary>
    /// <param name="plan">As the predecessor left it.</param>
    /// <param name="living">The numbers of the attempts whose processes still live.</param>
    /// <param name="now">The time.</param>
    public static SupervisorPlan Resume(SupervisorPlan plan, IReadOnlySet<int> living, DateTimeOffset now)
    {
        var kept = plan.Generations.Select(old => living.Contains(old.Number) && old.Pid > 0
            ? old
            : Lost(old with { Pid = 0 }, now));
        return plan with { Generations = [.. kept.OfType<Generation>()], IsStopping = false };
    }

    public SupervisorStep Apply(SupervisorPlan plan, SupervisorEvent happened, DateTimeOffset now)
    {
        var step = happened switch
        {
            SupervisorEvent.Start start => Start(plan, start, now),
            SupervisorEvent.Promote promote => Promote(plan, promote.Ticket, now),
            SupervisorEvent.Discard discard => Discard(plan, discard.Ticket, now),
            SupervisorEvent.Shutdown { Signal: var signal } =>
                Drain(plan with { IsStopping = true }, _ => true, now, signal),
            SupervisorEvent.Spawned spawned => Change(plan, spawned.Number, old => old with { Pid = spawned.Pid }),
            SupervisorEvent.NotSpawned failed =>
                End(plan, new SupervisorEvent.Ended(failed.Number, failed.End, failed.Detail), now),
            SupervisorEvent.BecameReady ready => BecomeReady(plan, ready.Number, now),
            SupervisorEvent.Failing failing => Replacement.Fail(plan, failing, now, BackOffBy(now)),
            SupervisorEvent.Recovered recovered => Change(plan, recovered.Number, Replacement.Recover),
            SupervisorEvent.Extended extended => Change(plan, extended.Number, old => Extend(old, extended.Time, now)),
            SupervisorEvent.Stopping stopping =>
                Change(plan, stopping.Number, old => old with { IsStopping = true }),
            SupervisorEvent.Noted noted => Change(plan, noted.Number, old => Note(old, noted.Detail)),
            SupervisorEvent.Ended ended => End(
                Change(plan, ended.Number, old => old with { WaitStatus = ended.WaitStatus }).Plan, ended, now),
            _ => Tick(plan, now),
        };
        return step with { Plan = Forget(step.Plan) };
    }

    private static SupervisorStep Start(SupervisorPlan plan, SupervisorEvent.Start start, DateTimeOffset now)
    {
        if (plan.Find(start.Ticket) is not null)
        {
            return new SupervisorStep(plan, []);
        }

        if (plan.IsStopping)
        {
            return new SupervisorStep(plan, [], "This supervisor is stopping; start the generation with a new one.");
        }

        var generation = new Generation(start.Ticket, start.Spec)
        {
            Number = plan.LastNumber + 1,
            Phase = GenerationPhase.Starting,
            StartedAt = now,
            Deadline = After(start.Spec.Server.StartTimeout, now),
        };
        return new SupervisorStep(
            plan.With(generation) with { LastNumber = generation.Number },
            [new SupervisorAction.Spawn(generation)]);
    }

    private static SupervisorStep Promote(SupervisorPlan plan, string ticket, DateTimeOffset now)
    {
        switch (plan.Find(ticket))
        {
            case { Phase: GenerationPhase.Current or GenerationPhase.BackingOff }:
                return new SupervisorStep(plan, []);
            case { Phase: GenerationPhase.Ready } ready when !plan.IsStopping:
                var promoted = plan.With(ready with { Phase = GenerationPhase.Current, Replaces = null });
                return Drain(promoted, other => other.Ticket != ticket && IsReplaced(other, ready), now);
            case { } other:
                return new SupervisorStep(
                    plan, [], $"Generation {ticket} is {other.Phase}; only a ready one can be promoted.");
            default:
                return new SupervisorStep(plan, [], $"There is no generation {ticket} to promote; start it first.");
        }
    }

    private static bool IsReplaced(Generation other, Generation promoted) =>
        other.Phase is GenerationPhase.Current or GenerationPhase.BackingOff || other.Number < promoted.Number
            || other.Replaces is not null;

    private static SupervisorStep Discard(SupervisorPlan plan, string ticket, DateTimeOffset now) =>
        plan.Find(ticket)?.Phase switch
        {
            GenerationPhase.Current or GenerationPhase.BackingOff => new SupervisorStep(
                plan, [], $"Generation {ticket} is the current one; promote another, or shut down."),
            GenerationPhase.Starting or GenerationPhase.Ready => Drain(plan, other => other.Ticket == ticket, now),
            _ => new SupervisorStep(plan, []),
        };

    private static SupervisorStep Drain(
        SupervisorPlan plan, Func<Generation, bool> which, DateTimeOffset now, string? signal = null)
    {
        var actions = new List<SupervisorAction>();
        foreach (var old in plan.Generations.Where(old => old.WantsSockets && which(old)))
        {
            if (old.Pid == 0)
            {
                plan = plan.With(old with { Phase = GenerationPhase.Ended, Deadline = null });
                continue;
            }

            var draining = Stopping(old, now) with { Phase = GenerationPhase.Draining };
            plan = plan.With(draining);
            actions.Add(new SupervisorAction.Stop(draining, signal));
        }

        return new SupervisorStep(plan, actions);
    }

    private static SupervisorStep Change(SupervisorPlan plan, int number, Func<Generation, Generation> change) =>
        new(plan.Find(number) is { } old ? plan.With(change(old)) : plan, []);

    private static SupervisorStep BecomeReady(SupervisorPlan plan, int number, DateTimeOffset now)
    {
        if (plan.Find(number) is not { Phase: GenerationPhase.Starting } old)
        {
            return new SupervisorStep(plan, []);
        }

        var ready = old with { Phase = GenerationPhase.Ready, ReadyAt = now, Deadline = null, Detail = "" };
        plan = plan.With(ready);
        return ready.Replaces is null ? new SupervisorStep(plan, []) : Promote(plan, ready.Ticket, now);
    }

    private static Generation Note(Generation old, string detail) =>
        old is { WantsSockets: true, IsUnhealthy: false } ? old with { Detail = detail } : old;

    /// <summary>However often it asks: a start and an end have a limit each.</summary>
    private static Generation Extend(Generation old, TimeSpan time, DateTimeOffset now)
    {
        var latest = old.LatestDeadline ?? (now + MostExtension);
        var until = now + time < latest ? now + time : latest;
        return old.Phase is GenerationPhase.Starting or GenerationPhase.Draining && old.Deadline < until
            ? old with { Deadline = until, LatestDeadline = latest }
            : old;
    }

    private static Generation Stopping(Generation old, DateTimeOffset now) =>
        old with { Deadline = After(old.Spec.Server.StopGrace, now), LatestDeadline = null };

    private static DateTimeOffset? After(TimeSpan limit, DateTimeOffset now) =>
        limit == Timeout.InfiniteTimeSpan ? null : now + limit;

    private static Generation? Lost(Generation old, DateTimeOffset now) => old.Phase switch
    {
        GenerationPhase.Current or GenerationPhase.BackingOff => old with
        {
            Phase = GenerationPhase.BackingOff,
            Deadline = now,
            Detail = "The supervisor had to start anew.",
        },
        GenerationPhase.Failed => old with { Deadline = null },
        _ => null, // It is over, or never counted: its ticket may be used again.
    };

    /// <summary>Drops the oldest of those that are over.</summary>
    private static SupervisorPlan Forget(SupervisorPlan plan)
    {
        var excess = plan.Generations.Count(generation => generation.IsOver) - KeptEnded;
        return excess <= 0
            ? plan
            : plan with { Generations = [.. plan.Generations.Where(old => !old.IsOver || excess-- <= 0)] };
    }

    private SupervisorStep End(SupervisorPlan plan, SupervisorEvent.Ended ended, DateTimeOffset now)
    {
        if (plan.Find(ended.Number) is not { } found)
        {
            return new SupervisorStep(plan, []);
        }

        var (end, detail) = (ended.End, ended.Detail);
        var old = found with { Pid = 0, Deadline = null };
        var next = old.Phase switch
        {
            GenerationPhase.Current when old.Spec.Worker is null => BackOff(old, ended, now),
            GenerationPhase.Starting or GenerationPhase.Ready or GenerationPhase.Current =>
                old with { Phase = GenerationPhase.Failed, End = end, Detail = detail },
            GenerationPhase.Draining => old with
            {
                Phase = GenerationPhase.Ended,
                End = old.IsKilled ? GenerationEnd.Killed : GenerationEnd.None,
                Detail = detail,
            },
            _ => old,
        };
        plan = plan.With(next);
        return new SupervisorStep(
            old.Phase == GenerationPhase.Starting ? Replacement.GiveUp(plan, old, detail, BackOffBy(now)) : plan, []);
    }

    private Generation BackOff(Generation old, SupervisorEvent.Ended ended, DateTimeOffset now) =>
        BackOff(old, mayForgive: true, now) with
        {
            Phase = GenerationPhase.BackingOff,
            End = ended.End,
            Detail = ended.Detail,
            Ends =
            [
                .. old.Ends.TakeLast(KeptEnds - 1),
                new EndedRun(old.Number, now, old.Restarts, ended.End, ended.Detail, ended.Output),
            ],
            IsUnhealthy = false,
            IsStopping = false,
        };

    private Func<Generation, bool, Generation> BackOffBy(DateTimeOffset now) =>
        (old, mayForgive) => BackOff(old, mayForgive, now);

    private Generation BackOff(Generation old, bool mayForgive, DateTimeOffset now)
    {
        var restart = old.Spec.Server.Restart ?? RestartSpec.Default;
        var failures = mayForgive && now - old.StartedAt >= restart.Reset ? 0 : old.Failures;
        var delay = Math.Min(
            restart.Min.TotalSeconds * Math.Pow(2, Math.Min(failures, 20)), restart.Max.TotalSeconds);
        return old with
        {
            Failures = failures + 1,
            Deadline = now + TimeSpan.FromSeconds(delay * (0.8 + (0.4 * jitter.NextDouble()))),
        };
    }

    private SupervisorStep Tick(SupervisorPlan plan, DateTimeOffset now)
    {
        var actions = new List<SupervisorAction>();
        foreach (var due in plan.Generations.Where(generation => generation.Deadline <= now))
        {
            switch (due.Phase)
            {
                case GenerationPhase.Starting:
                    var failed = Stopping(due, now) with
                    {
                        Phase = GenerationPhase.Failed,
                        End = GenerationEnd.NotReady,
                        Detail = NotReady(due),
                    };
                    plan = plan.With(failed);
                    plan = Replacement.GiveUp(plan, failed, failed.Detail, BackOffBy(now));
                    actions.Add(new SupervisorAction.Stop(failed));
                    break;

                case GenerationPhase.Current:
                    var begun = Replacement.Begin(plan, due, now);
                    plan = begun.Plan;
                    actions.AddRange(begun.Actions);
                    break;

                case GenerationPhase.BackingOff:
                    var restarted = due with
                    {
                        Number = plan.LastNumber + 1,
                        Phase = GenerationPhase.Current,
                        Restarts = due.Restarts + 1,
                        StartedAt = now,
                        Deadline = null,
                    };
                    plan = plan.With(restarted) with { LastNumber = restarted.Number };
                    actions.Add(new SupervisorAction.Spawn(restarted));
                    break;

                default:
                    var killed = due with { Deadline = null, IsKilled = true };
                    plan = plan.With(killed);
                    actions.Add(new SupervisorAction.Kill(killed));
                    break;
            }
        }

        return new SupervisorStep(plan, actions);
    }

    private static string NotReady(Generation due)
    {
        var limit = due.Spec.Server.StartTimeout.TotalSeconds;
        return due.Detail.Length == 0
            ? FormattableString.Invariant($"Not ready within {limit} s.")
            : FormattableString.Invariant($"Not ready within {limit} s: {due.Detail}");
    }
}
