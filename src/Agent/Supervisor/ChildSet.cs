using System.ComponentModel;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Supervisor;

/// <summary>A workload's processes: those that run a generation, and what ended ones have left behind.</summary>
internal sealed class ChildSet(ChildContext context)
{
    private static readonly TimeSpan RemnantPause = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<int, ChildProcess> _running = [];
    private readonly Dictionary<int, ChildProcess> _remnants = [];
    private readonly Dictionary<string, string> _outputs = [];

    public bool IsEmpty => _running.Count == 0 && _remnants.Count == 0;

    /// <summary>Whether one that listens has others that listen on the same sockets.</summary>
    public bool HasRivals => _running.Count + _remnants.Count > 1;

    public IReadOnlyCollection<ChildProcess> Running => _running.Values;

    public IReadOnlyList<JournaledProcess> Journal => [.. _running.Values.Select(child => child.Journal)];

    /// <summary>
    /// Ends and reaps what the program before had begun and this one knows nothing of, such as a probe's command.
    /// </summary>
    public void EndStrangers(int keeper)
    {
        EndCommands();
        var known = _running.Values.Concat(_remnants.Values).Select(child => child.Pid).Append(keeper);
        foreach (var pid in context.Processes.ChildrenOf(Environment.ProcessId).Except(known).ToList())
        {
            if (Libc.OpenProcess(pid) is not { } process)
            {
                continue;
            }

            ChildProcess.SendSignal(context.Processes.FamilyOf(pid), Libc.SignalKill);
            IDisposable? watch = null;
            watch = context.Poller.On(process, Libc.Readable, () =>
            {
                watch!.Dispose();
                Libc.WaitForChild(process, reap: true);
                process.Dispose();
            });
        }
    }

    public ChildProcess? Find(int number) => _running.GetValueOrDefault(number);

    /// <summary>Opens what the generation listens on and starts its process, which waits to be let go.</summary>
    public SupervisorEvent Spawn(Generation generation, ListenerSet listeners)
    {
        try
        {
            listeners.Open(generation.Spec.Server.Listen);
        }
        catch (Win32Exception e)
        {
            return new SupervisorEvent.NotSpawned(generation.Number, GenerationEnd.AddressInUse, e.Message);
        }

        try
        {
            if (IsEmpty)
            {
                listeners.MakeBlocking();
            }

            var child = Own(generation, generation.Spec.Worker is { } worker
                ? WorkerLauncher.Launch(generation, worker, listeners)
                : ChildLauncher.Launch(generation, listeners, context.Groups));
            return new SupervisorEvent.Spawned(generation.Number, child.Pid);
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            return new SupervisorEvent.NotSpawned(generation.Number, GenerationEnd.ExecFailed, e.Message);
        }
    }

    /// <summary>Removes the cgroups that an earlier supervisor of the same folder has left empty.</summary>
    /// <param name="hasJournal">Whether all that is to live is known: then the rest is ended.</param>
    public void SweepGroups(bool hasJournal)
    {
        EndCommands();
        var left = context.Groups is { } name ? CgroupTree.Find()?.Sweep(name, HeldGroups) ?? [] : [];
        foreach (var group in hasJournal ? left : [])
        {
            End(group);
        }
    }

    public ChildProcess Own(Generation generation, ChildParts parts)
    {
        var child = Make(parts, new ChildMemory());
        _running.Add(generation.Number, child);
        return child;
    }

    /// <summary>Says what the next program of this supervisor gets, and adds its descriptors.</summary>
    public Handover HandOver(Handover handover, HandoverDescriptors descriptors) => handover with
    {
        Children =
        [
            .. _running.Values.Select(child => child.HandOver(descriptors, isRemnant: false)),
            .. _remnants.Values.Select(child => child.HandOver(descriptors, isRemnant: true)),
        ],
        Outputs = _outputs,
    };

    /// <summary>Takes what the program before has handed over.</summary>
    public void Take(Handover handover, HandoverDescriptors descriptors)
    {
        foreach (var child in handover.Children)
        {
            (child.IsRemnant ? _remnants : _running).Add(
                child.Number, Make(ChildParts.Of(child, descriptors), child.Memory ?? new ChildMemory()));
        }

        foreach (var (ticket, output) in handover.Outputs)
        {
            _outputs[ticket] = output;
        }
    }

    /// <summary>The process has ended; its session may still have members.</summary>
    public void Retire(int number, string? ticket)
    {
        if (_running.Remove(number, out var child))
        {
            _remnants.Add(number, child);
            if (ticket is not null)
            {
                _outputs[ticket] = child.Tail.ToString();
            }
        }
    }

    /// <summary>Asks all to finish, and counts none of them as a generation's any more.</summary>
    public void Abandon()
    {
        foreach (var (number, child) in _running)
        {
            _remnants.Add(number, child);
            child.Abandon();
        }

        _running.Clear();
    }

    /// <summary>What the generation's process said last, or the one before it.</summary>
    public string OutputOf(Generation generation) =>
        Find(generation.Number) is { } child ? child.Tail.ToString()
        : generation.Phase == GenerationPhase.Ended ? ""
        : _outputs.GetValueOrDefault(generation.Ticket, "");

    /// <summary>Forgets what others than these tickets have said.</summary>
    public void KeepOutputs(Predicate<string> isWanted)
    {
        foreach (var ticket in _outputs.Keys.Where(ticket => !isWanted(ticket)).ToList())
        {
            _outputs.Remove(ticket);
        }
    }

    private HashSet<string> HeldGroups =>
        [.. _running.Values.Concat(_remnants.Values).Select(child => child.Cgroup?.Folder).OfType<string>()];

    /// <summary>Those of probes that the supervisor or the program before had begun.</summary>
    private void EndCommands() => _running.Values.Concat(_remnants.Values)
        .SelectMany(child => child.Cgroup?.Commands ?? []).ToList().ForEach(End);

    /// <summary>Kills what lives in it until it can be removed.</summary>
    private void End(Cgroup group)
    {
        if (!HeldGroups.Contains(group.Folder)) // Removed already, and its name given anew.
        {
            group.Kill();
            if (!group.TryClear())
            {
                context.Poller.After(RemnantPause, () => End(group));
            }
        }
    }

    private ChildProcess Make(ChildParts parts, ChildMemory memory) =>
        new(context, parts, memory) { Vanished = () => _remnants.Remove(parts.Number) };
}
