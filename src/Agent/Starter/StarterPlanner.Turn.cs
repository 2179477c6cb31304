using System.Collections.Immutable;
using System.Globalization;
using Slipway.Agent.Supervisor;

namespace Slipway.Agent.Starter;

/// <content>One application of one event.</content>
internal sealed partial class StarterPlanner
{
    private sealed class Turn(StarterRules rules, StarterView view)
    {
        private const int ExecFailed = 255 << 8;

        public required StarterState State { get; set; }

        public List<StarterAction> Actions { get; } = [];

        private IEnumerable<Generation> Living => view.Plan.Generations.Where(worker => worker.Pid > 0);

        private IEnumerable<Generation> Old => Living.Where(worker => worker.Ticket != State.Attempt);

        public void NoteStarts()
        {
            foreach (var worker in Living.Where(worker => !State.Seen.ContainsKey(worker.Number)))
            {
                State = State with { Seen = State.Seen.Add(worker.Number, worker.Pid) };
                Say($"starting new worker {worker.Pid}");
            }
        }

        public void NoteEnds()
        {
            foreach (var (number, pid) in State.Seen.Where(seen => view.Plan.Find(seen.Key) is not { Pid: > 0 }))
            {
                State = State with { Seen = State.Seen.Remove(number) };
                var worker = view.Plan.Find(number);
                var status = worker?.WaitStatus ?? 0;
                if (State.IsStopping)
                {
                    Say($"worker {pid} died, status:{status}");
                }
                else if (worker is not null && worker.Ticket == State.Attempt)
                {
                    Say($"new worker {pid} seems to have failed to start, exit status:{status}");
                    Fail(worker, $"the worker ended with status {status}");
                }
                else if (worker is not null && worker.Ticket == State.Current && State.Attempt is null)
                {
                    Say($"worker {pid} died unexpectedly with status:{status}, restarting");
                    Respawn(worker);
                }
                else
                {
                    Say($"old worker {pid} died, status:{status}");
                    State = State with { Current = worker?.Ticket == State.Current ? null : State.Current };
                }
            }
        }

        public void HangUp()
        {
            State = State with { Failures = 0 };
            if (State.Attempt is not null)
            {
                State = State with { HasWish = true };
                return;
            }

            Say("received HUP, spawning a new worker");
            Begin();
        }

        public void Stop(string signal)
        {
            var passedOn = signal == "INT" ? "TERM" : rules.SignalOnTerm;
            var workers = Living.ToList();
            Say($"received {signal}, sending {passedOn} to all workers:{ListOf(workers)}");
            State = State with { IsStopping = true, RetryAt = null, KillOldAt = null, HasWish = false };
            foreach (var lingering in workers.Where(worker => !worker.WantsSockets))
            {
                Actions.Add(new StarterAction.Remind(lingering.Number, passedOn));
            }

            Actions.Add(new StarterAction.Shutdown(passedOn));
        }

        /// <summary>Starts a worker, beside those that serve if there are any.</summary>
        public void Begin()
        {
            var ticket = State.LastTicket + 1;
            State = State with
            {
                Attempt = ticket.ToString(CultureInfo.InvariantCulture),
                LastTicket = ticket,
                IsReplacing = State.Current is not null,
                HasWish = false,
                RetryAt = null,
                KillOldAt = null,
            };
            Actions.Add(new StarterAction.Start(State.Attempt));
        }

        public void Advance()
        {
            switch (State.Attempt is { } ticket ? view.Plan.Find(ticket) : null)
            {
                case { Phase: GenerationPhase.Failed, Pid: > 0 } late:
                    Say($"new worker {late.Pid} was not ready in time: {late.Detail} sending {rules.SignalOnHup}");
                    Fail(late, late.Detail);
                    break;
                case { Phase: GenerationPhase.Failed } failed:
                    Say($"failed to exec {rules.Command}: {failed.Detail}");
                    Say($"new worker seems to have failed to start, exit status:{ExecFailed}");
                    Fail(failed, failed.Detail);
                    break;
                case { Phase: GenerationPhase.Ready } ready:
                    Prove(ready);
                    break;
            }

            if (State is { Attempt: null, RetryAt: { } due } && due <= view.Now)
            {
                Begin();
            }

            if (AutoRestartAt(State, view) <= view.Now)
            {
                var forced = view.HasOld(State) ? "forced, " : "";
                var interval = Number(view.Settings.AutoRestart!.Value.TotalSeconds);
                Say($"autorestart triggered ({forced}interval={interval})");
                Begin();
            }
        }

        public void WriteStatus()
        {
            var isProven = State.Current is not null || State.Status is not null || State.KillOldAt is not null;
            ImmutableArray<StatusLine> lines =
            [
                .. Living
                    .Where(worker => State.IsStopping || worker.Phase is GenerationPhase.Current
                        or GenerationPhase.Ready or GenerationPhase.Draining)
                    .OrderBy(worker => worker.Number)
                    .Select(worker => new StatusLine(worker.Number, worker.Pid)),
            ];
            if ((isProven || State.IsStopping) && !(State.Status is { } old && old.SequenceEqual(lines)))
            {
                State = State with { Status = lines };
                Actions.Add(new StarterAction.WriteStatus(lines));
            }
        }

        private static string ListOf(IEnumerable<Generation> workers) =>
            string.Join(',', workers.Select(worker => worker.Pid).Order());

        /// <summary>The attempt came to nothing; what serves goes on, and another attempt follows.</summary>
        private void Fail(Generation worker, string why)
        {
            var failures = State.Failures + 1;
            var isAsked = State.HasWish;
            State = State with
            {
                Attempt = null,
                KillOldAt = null,
                Failures = failures,
                RetryAt = Later(view.Now, worker.StartedAt + PauseAfter(failures)),
            };
            Report(why);
            if (isAsked)
            {
                Say("received HUP, spawning a new worker");
                Begin();
            }
        }

        /// <summary>The current worker died: at once, unless it is one of many that did so.</summary>
        private void Respawn(Generation worker)
        {
            var failures = view.Now - worker.StartedAt >= Viable ? 0 : State.Failures + 1;
            State = State with
            {
                Current = null,
                Failures = failures,
                RetryAt = failures <= QuickAttempts
                    ? view.Now
                    : Later(view.Now, worker.StartedAt + PauseAfter(failures)),
            };
        }

        /// <summary>The new worker is up: it takes over, at once or after a while beside the old ones.</summary>
        private void Prove(Generation ready)
        {
            if (State.KillOldAt is null)
            {
                Report(failure: null);
                State = State with { LastRestart = view.Now };
                var old = Old.ToList();
                if (State.IsReplacing)
                {
                    var list = old.Count == 0 ? "none" : ListOf(old);
                    Say($"new worker is now running, sending {rules.SignalOnHup} to old workers:{list}");
                    if (view.Settings.KillOldDelay > TimeSpan.Zero && old.Count > 0)
                    {
                        var delay = view.Settings.KillOldDelay;
                        Say($"sleeping {Number(delay.TotalSeconds)} secs before killing old workers");
                        State = State with { KillOldAt = view.Now + delay };
                    }
                }
            }

            if (State.KillOldAt is not { } due || due <= view.Now)
            {
                TakeOver(ready);
            }
        }

        private void TakeOver(Generation ready)
        {
            if (State.IsReplacing)
            {
                Say("killing old workers");
                foreach (var lingering in Old.Where(worker => !worker.WantsSockets))
                {
                    Actions.Add(new StarterAction.Remind(lingering.Number, rules.SignalOnHup));
                }
            }

            Actions.Add(new StarterAction.Promote(ready.Ticket));
            State = State with { Current = ready.Ticket, Attempt = null, KillOldAt = null };
            if (State.HasWish)
            {
                Say("received HUP, spawning a new worker");
                Begin();
            }
        }

        private void Report(string? failure)
        {
            if (!State.IsReported)
            {
                State = State with { IsReported = true };
                Actions.Add(new StarterAction.Report(failure));
            }
        }

        private TimeSpan PauseAfter(int failures)
        {
            if (failures <= QuickAttempts)
            {
                return rules.Interval;
            }

            var longest = rules.Interval > LongestPause ? rules.Interval : LongestPause;
            var first = rules.Interval > ShortestPause ? rules.Interval : ShortestPause;
            var pause = first * Math.Pow(2, Math.Min(failures - QuickAttempts, 20));
            return pause < longest ? pause : longest;
        }

        private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

        private void Say(string line) => Actions.Add(new StarterAction.Say(line));
    }
}
