using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Cgroups;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Supervisor;

/// <summary>What a supervisor holds of one process.</summary>
internal sealed record ChildParts(int Number, int Pid, SafeFileHandle Process) : IDisposable
{
    public required ulong StartTicks { get; init; }

    public string NotifyName { get; init; } = "";

    /// <summary>Null: nobody asked it to notify.</summary>
    public SafeFileHandle? Notices { get; init; }

    /// <summary>Null: it writes where its supervisor writes.</summary>
    public SafeFileHandle? Output { get; init; }

    /// <summary>Null as <see cref="Output"/>, or since an earlier supervisor did not tell the two apart.</summary>
    public SafeFileHandle? Errors { get; init; }

    /// <summary>What the output's pipe is known by to a later supervisor.</summary>
    public long OutputInode => field == 0 && Output is { } output ? field = PipeTable.InodeOf(output) : field;

    public long ErrorInode => field == 0 && Errors is { } errors ? field = PipeTable.InodeOf(errors) : field;

    /// <summary>Null when an earlier supervisor let it go.</summary>
    public SafeFileHandle? Gate { get; init; }

    public required string Command { get; init; }

    /// <summary>Whether it has no session of its own.</summary>
    public bool IsWorker { get; init; }

    /// <summary>How long what it leaves behind may go on.</summary>
    public required TimeSpan StopGrace { get; init; }

    /// <summary>Whose process it is.</summary>
    public required uint User { get; init; }

    /// <summary>Null: this host has none that the agent may make groups in.</summary>
    public Cgroup? Cgroup { get; init; }

    /// <summary>The parts as the program before has handed them over.</summary>
    public static ChildParts Of(HandoverChild child, HandoverDescriptors descriptors) =>
        new(child.Number, child.Pid, descriptors[child.Process])
        {
            StartTicks = child.StartTicks,
            NotifyName = child.NotifyName,
            Notices = child.Notices is { } notices ? descriptors[notices] : null,
            Output = child.Output is { } output ? descriptors[output] : null,
            Errors = child.Errors is { } errors ? descriptors[errors] : null,
            Gate = child.Gate is { } gate ? descriptors[gate] : null,
            Command = child.Command,
            StopGrace = child.StopGrace,
            User = child.User,
            IsWorker = child.IsWorker,
            Cgroup = child.Cgroup is { } folder ? new Cgroup(folder) : null,
        };

    public void Dispose()
    {
        Process.Dispose();
        Notices?.Dispose();
        Output?.Dispose();
        Errors?.Dispose();
        Gate?.Dispose();
    }
}

/// <summary>Where a process's news go.</summary>
internal sealed record ChildContext(
    Poller Poller,
    OutputLog? Log,
    ProcessTable Processes,
    Action<int, GenerationEnd, string> Ended,
    Action<int, NotifyMessage> Notice)
{
    /// <summary>What the processes' cgroups are called; null: they get none.</summary>
    public CgroupName? Groups { get; init; }
}
