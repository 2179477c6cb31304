using CsCheck;
using Slipway.Agent.Deployments;
using static Tests.Unit.Agent.Deployments.Workloads;

namespace Tests.Unit.Agent.Deployments;

/// <summary>The planner against a host on which anything may happen between any two steps.</summary>
public class DeploymentSimulationTests
{
    private enum Happening
    {
        Nothing,
        BecomesReady,
        Fails,
        CurrentCrashes,
        HostRestarts,
        SomethingNewer,
        TimePasses,
    }

    [Fact]
    public void Whatever_happens_the_host_ends_up_running_what_it_should() =>
        Gen.Int[0, 6].Select(number => (Happening)number).Array[0, 60].Sample(
            happenings =>
            {
                var host = new Host();
                foreach (var happening in happenings)
                {
                    host.Suffer(happening);
                    host.Turn();
                    host.CheckAlways();
                }

                host.Settle();
                host.CheckSettled();
            },
            iter: 3000);

    private sealed class Host
    {
        private readonly List<Instance> _instances = [];
        private readonly List<JournalRecord> _journal = [];
        private readonly List<(string Id, DeploymentPhase Phase)> _ends = [];
        private readonly HashSet<string> _wasReady = [];
        private readonly HashSet<string> _wasCurrent = [];
        private Workload _desired = Make(1, bake: TimeSpan.FromSeconds(5));
        private WorkloadRecord _record = WorkloadRecord.Empty;
        private DateTimeOffset _now = Start;
        private bool _lives;

        public void Suffer(Happening happening)
        {
            switch (happening)
            {
                case Happening.BecomesReady:
                    Change(
                        InstancePhase.Starting,
                        instance => instance with { Phase = InstancePhase.Ready, ReadyAt = _now });
                    break;
                case Happening.Fails:
                    Change(InstancePhase.Ready, Failed);
                    Change(InstancePhase.Starting, Failed);
                    break;
                case Happening.CurrentCrashes:
                    Change(InstancePhase.Current, instance => instance with { Phase = InstancePhase.BackingOff });
                    break;
                case Happening.HostRestarts:
                    _lives = false;
                    _instances.Clear();
                    break;
                case Happening.SomethingNewer:
                    _desired = Make((int)_desired.Generation + 1, bake: TimeSpan.FromSeconds(5));
                    break;
                case Happening.TimePasses:
                    _now = _now.AddSeconds(3);
                    break;
                default:
                    break;
            }
        }

        // The agent forgets everything at each turn: the planner only ever sees what a restart would find on disk.
        public StepKind Turn()
        {
            var attempt = Attempt.Replay(_journal);
            var living = _lives ? new RuntimeState([.. _instances]) : null;
            var step = DeploymentPlanner.Next(new(_desired, _record, attempt, living, _now));
            Do(step, attempt);
            return step.Kind;
        }

        public void Settle()
        {
            for (var turn = 0; turn < 200; turn++)
            {
                Suffer(Happening.BecomesReady);
                Change(InstancePhase.BackingOff, instance => instance with { Phase = InstancePhase.Current });
                if (Turn() == StepKind.Wait)
                {
                    _now = _now.AddSeconds(10);
                }
            }
        }

        public void CheckAlways()
        {
            Assert.True(_instances.Count(instance => instance.Phase is InstancePhase.Current) <= 1);
            Assert.Subset(_wasReady, _wasCurrent);
            Assert.Equal(_ends.Count, _ends.Select(end => end.Id).Distinct().Count());
        }

        public void CheckSettled()
        {
            CheckAlways();
            Assert.True(_record.HasEnded(_desired));
            Assert.Empty(_journal);
            var phase = _ends.Single(end => end.Id == _desired.DeploymentId).Phase;
            Assert.Equal(phase == DeploymentPhase.Committed, _record.Committed?.DeploymentId == _desired.DeploymentId);
            if (_record.Committed is { } committed)
            {
                var current = Assert.Single(_instances, instance => instance.Phase == InstancePhase.Current);
                Assert.True(DeploymentPlanner.IsOf(current, committed));
                Assert.Contains((committed.DeploymentId, DeploymentPhase.Committed), _ends);
            }

            Assert.DoesNotContain(
                _instances, instance => instance.Phase is InstancePhase.Starting or InstancePhase.Ready);
        }

        private static Instance Failed(Instance instance) =>
            instance with { Phase = InstancePhase.Failed, Reason = FailureReason.StartCrashed, Detail = "It crashed." };

        private void Do(Step step, Attempt? attempt)
        {
            switch (step.Kind)
            {
                case StepKind.Begin:
                    _journal.Add(new(1, DeploymentPhase.Assigned, _now) { Workload = _desired });
                    break;
                case StepKind.Accept:
                    Append(attempt, DeploymentPhase.Fetching);
                    break;
                case StepKind.Fetch:
                    Append(attempt, DeploymentPhase.Staging);
                    break;
                case StepKind.Stage:
                    Append(attempt, DeploymentPhase.Starting);
                    break;
                case StepKind.Verify:
                    Append(attempt, DeploymentPhase.Verifying);
                    break;
                case StepKind.Decide:
                    _journal.Add(new(0, attempt!.Phase, _now));
                    break;
                case StepKind.Fail:
                    Append(attempt, DeploymentPhase.Failed);
                    break;
                case StepKind.Supersede:
                    Append(attempt, DeploymentPhase.Superseded);
                    break;
                case StepKind.Commit:
                    _record = _record.After(attempt!);
                    Append(attempt, DeploymentPhase.Committed);
                    break;
                case StepKind.Close:
                    Close(attempt!);
                    break;
                case StepKind.Start or StepKind.Restore:
                    _lives = true;
                    _instances.Add(new(step.Ticket, "1", InstancePhase.Starting, 7, _now));
                    break;
                case StepKind.Promote:
                    Promote(step.Ticket);
                    break;
                case StepKind.Discard:
                    _instances.RemoveAll(instance => instance.Ticket == step.Ticket);
                    break;
                default:
                    Assert.Equal(StepKind.Wait, step.Kind);
                    break;
            }
        }

        private void Close(Attempt attempt)
        {
            if (attempt.Phase != DeploymentPhase.Committed)
            {
                _instances.RemoveAll(instance => instance.Ticket == attempt.Ticket);
            }

            _record = _record.After(attempt);
            _ends.Add((attempt.Workload.DeploymentId, attempt.Phase));
            _journal.Clear();
        }

        private void Promote(string ticket)
        {
            var chosen = _instances.FindIndex(instance => instance.Ticket == ticket);
            Assert.Equal(InstancePhase.Ready, _instances[chosen].Phase);
            var promoted = _instances[chosen] with { Phase = InstancePhase.Current };
            _wasReady.Add(ticket);
            _wasCurrent.Add(ticket);
            _instances.RemoveRange(0, chosen + 1);
            _instances.Insert(0, promoted);
        }

        private void Append(Attempt? attempt, DeploymentPhase phase) =>
            _journal.Add(new(attempt!.Last.Sequence + 1, phase, _now));

        private void Change(InstancePhase from, Func<Instance, Instance> change)
        {
            for (var i = 0; i < _instances.Count; i++)
            {
                _instances[i] = _instances[i].Phase == from ? change(_instances[i]) : _instances[i];
            }
        }
    }
}
