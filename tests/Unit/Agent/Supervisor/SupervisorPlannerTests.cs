using CsCheck;
using Slipway.Agent.Deployments;
using Slipway.Agent.Supervisor;

namespace Tests.Unit.Agent.Supervisor;

public class SupervisorPlannerTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly GenerationSpec Spec = PlannedProgram.Spec;

    private readonly Host _host = new(seed: 1);

    [Fact]
    public void The_same_ticket_starts_once()
    {
        _host.Ask(new SupervisorEvent.Start("a", Spec));
        _host.Ask(new SupervisorEvent.Start("a", Spec));

        Assert.Single(_host.Living);
    }

    [Fact]
    public void A_promoted_generation_replaces_the_current_one()
    {
        _host.Deploy("a");
        _host.Deploy("b");

        Assert.Equal(GenerationPhase.Draining, _host.Plan.Find("a")!.Phase);
        Assert.Equal("b", _host.Plan.Current!.Ticket);
    }

    [Fact]
    public void Only_a_ready_generation_can_be_promoted()
    {
        _host.Ask(new SupervisorEvent.Start("a", Spec));

        var refusal = _host.Ask(new SupervisorEvent.Promote("a"));

        Assert.Equal("Generation a is Starting; only a ready one can be promoted.", refusal);
    }

    [Fact]
    public void The_current_generation_cannot_be_discarded()
    {
        _host.Deploy("a");

        var refusal = _host.Ask(new SupervisorEvent.Discard("a"));

        Assert.NotNull(refusal);
        Assert.Single(_host.Living);
    }

    [Fact]
    public void A_program_that_asks_again_and_again_for_more_time_is_killed_within_an_hour()
    {
        _host.Deploy("a");
        _host.Ask(new SupervisorEvent.Shutdown());

        var asked = 0;
        for (; _host.Living.Count > 0 && asked < 1000; asked++)
        {
            _host.Ask(new SupervisorEvent.Extended(1, TimeSpan.FromMinutes(1)));
            _host.Pass(TimeSpan.FromSeconds(50));
        }

        Assert.Empty(_host.Living);
        Assert.Equal(72, asked); // The first of them after an hour.
        Assert.Equal(Start + TimeSpan.FromSeconds(3600), _host.Now);
    }

    [Fact]
    public void A_program_may_ask_for_more_time_in_its_start_and_again_in_its_end()
    {
        _host.Ask(new SupervisorEvent.Start("a", Spec));
        _host.Ask(new SupervisorEvent.Extended(1, TimeSpan.FromHours(1)));
        _host.Pass(TimeSpan.FromMinutes(59));
        _host.Ask(new SupervisorEvent.BecameReady(1));
        _host.Ask(new SupervisorEvent.Promote("a"));
        _host.Ask(new SupervisorEvent.Shutdown());

        _host.Ask(new SupervisorEvent.Extended(1, TimeSpan.FromMinutes(30)));

        Assert.Equal(_host.Now + TimeSpan.FromMinutes(30), _host.Plan.NextDeadline);
    }

    [Fact]
    public void A_start_that_takes_too_long_fails_and_is_stopped_then_killed()
    {
        _host.Ask(new SupervisorEvent.Start("a", Spec));
        _host.Ask(new SupervisorEvent.Noted(1, "answered 503."));

        _host.Pass(TimeSpan.FromSeconds(30));
        var stopped = _host.Stopped.Count;
        _host.Pass(TimeSpan.FromSeconds(10));

        var failed = _host.Plan.Find("a")!;
        Assert.Equal(GenerationEnd.NotReady, failed.End);
        Assert.Equal("Not ready within 30 s: answered 503.", failed.Detail);
        Assert.Equal(1, stopped);
        Assert.Empty(_host.Living);
    }

    [Fact]
    public void Crashes_in_a_row_back_off_up_to_a_limit_and_a_long_life_forgives_them()
    {
        _host.Deploy("a");
        var pauses = new List<TimeSpan>();
        for (var i = 0; i < 12; i++)
        {
            _host.Crash("a");
            pauses.Add(_host.Plan.NextDeadline!.Value - _host.Now);
            _host.Pass(pauses[^1]);
        }

        _host.Pass(RestartSpec.Default.Reset);
        _host.Crash("a");
        var afterLongLife = _host.Plan.NextDeadline!.Value - _host.Now;

        Assert.InRange(pauses[0], RestartSpec.Default.Min * 0.8, RestartSpec.Default.Min * 1.2);
        Assert.InRange(pauses[3], RestartSpec.Default.Min * 6.4, RestartSpec.Default.Min * 9.6);
        Assert.InRange(pauses[^1], RestartSpec.Default.Max * 0.8, RestartSpec.Default.Max * 1.2);
        Assert.InRange(afterLongLife, RestartSpec.Default.Min * 0.8, RestartSpec.Default.Min * 1.2);
        Assert.Equal(12, _host.Plan.Find("a")!.Restarts);
    }

    [Fact]
    public void A_successor_keeps_what_lives_and_restarts_what_was_current()
    {
        _host.Deploy("a");
        _host.Ask(new SupervisorEvent.Start("b", Spec));

        var both = SupervisorPlanner.Resume(_host.Plan, new HashSet<int> { 1, 2 }, _host.Now);
        var none = SupervisorPlanner.Resume(_host.Plan, new HashSet<int>(), _host.Now);

        Assert.Equal(_host.Plan.Generations, both.Generations);
        Assert.Equal(GenerationPhase.BackingOff, none.Find("a")!.Phase);
        Assert.Equal(_host.Now, none.NextDeadline);
        Assert.Null(none.Find("b"));
    }

    [Fact]
    public void Whatever_happens_the_plan_stays_sound() =>
        Gen.Select(Gen.Int[0, 6], Gen.Int[0, 3], Gen.Int[0, 40]).Array[1, 80].Sample(
            script =>
            {
                var host = new Host(seed: 7);
                foreach (var (what, which, seconds) in script)
                {
                    var hadCurrent = host.Plan.Current is not null;
                    host.Do(what, $"t{which}");
                    host.Pass(TimeSpan.FromSeconds(seconds));
                    AssertSound(host, hadCurrent);
                }

                host.Ask(new SupervisorEvent.Shutdown());
                host.Pass(TimeSpan.FromSeconds(10));
                Assert.Empty(host.Living);
                Assert.Null(host.Plan.NextDeadline);
            },
            iter: 2000);

    private static void AssertSound(Host host, bool hadCurrent)
    {
        var plan = host.Plan;
        Assert.True(plan.Current is not null || !hadCurrent, "a current generation is only ever replaced");
        Assert.True(plan.Generations.Count(one => one.Phase is GenerationPhase.Current) <= 1);
        Assert.Equal(plan.Generations.Count, plan.Generations.DistinctBy(one => one.Ticket).Count());
        Assert.True(plan.Generations.Count(one => one.IsOver) <= SupervisorPlanner.KeptEnded);
        Assert.Equal(host.Living.Order(), plan.Generations.Where(one => one.Pid > 0).Select(one => one.Number).Order());
        Assert.All(plan.Generations, one => Assert.True(one.Number <= plan.LastNumber));
    }

    /// <summary>A host that does what the planner says: every process obeys a kill, none a stop.</summary>
    private sealed class Host(int seed)
    {
        private readonly SupervisorPlanner _planner = new(new Random(seed));

        public SupervisorPlan Plan { get; private set; } = SupervisorPlan.Empty;

        public DateTimeOffset Now { get; private set; } = Start;

        public HashSet<int> Living { get; } = [];

        public List<int> Stopped { get; } = [];

        public string? Ask(SupervisorEvent happened)
        {
            var step = _planner.Apply(Plan, happened, Now);
            Plan = step.Plan;
            foreach (var action in step.Actions)
            {
                switch (action)
                {
                    case SupervisorAction.Spawn spawn:
                        Living.Add(spawn.Generation.Number);
                        Ask(new SupervisorEvent.Spawned(spawn.Generation.Number, 1000 + spawn.Generation.Number));
                        break;
                    case SupervisorAction.Stop stop:
                        Stopped.Add(stop.Generation.Number);
                        break;
                    case SupervisorAction.Kill kill:
                        End(kill.Generation.Number, GenerationEnd.Signalled);
                        break;
                }
            }

            return step.Refusal;
        }

        public void Deploy(string ticket)
        {
            Ask(new SupervisorEvent.Start(ticket, Spec));
            Ask(new SupervisorEvent.BecameReady(Plan.Find(ticket)!.Number));
            Ask(new SupervisorEvent.Promote(ticket));
        }

        public void Crash(string ticket) => End(Plan.Find(ticket)!.Number, GenerationEnd.Exited);

        /// <summary>Lets time go by, with a tick at each deadline.</summary>
        public void Pass(TimeSpan time)
        {
            var end = Now + time;
            while (Plan.NextDeadline is { } deadline && deadline <= end)
            {
                Now = deadline > Now ? deadline : Now;
                Ask(new SupervisorEvent.Tick());
            }

            Now = end;
        }

        public void Do(int what, string ticket)
        {
            var number = Plan.Find(ticket)?.Number ?? 0;
            switch (what)
            {
                case 0:
                    Ask(new SupervisorEvent.Start(ticket, Spec));
                    break;
                case 1:
                    Ask(new SupervisorEvent.BecameReady(number));
                    break;
                case 2:
                    Ask(new SupervisorEvent.Promote(ticket));
                    break;
                case 3:
                    Ask(new SupervisorEvent.Discard(ticket));
                    break;
                case 4 or 5 when Living.Contains(number):
                    End(number, GenerationEnd.Exited);
                    break;
                default:
                    Plan = SupervisorPlanner.Resume(Plan, Living, Now);
                    break;
            }
        }

        private void End(int number, GenerationEnd end)
        {
            Living.Remove(number);
            Ask(new SupervisorEvent.Ended(number, end, "ended"));
        }
    }
}
