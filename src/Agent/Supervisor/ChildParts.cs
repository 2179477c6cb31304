using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor.Upgrades;

namespace Slipway.Agent.Supervisor;

/// <summary>What a supervisor holds of one process.</summary>
internal sealed record ChildParts(int Number, int Pid, SafeFileHandle Process) : IDisposable
{
    public required ulong StartTicks { get; init; }

    public required string NotifyName { get; init; }

    public required SafeFileHandle Notices { get; init; }

    public required SafeFileHandle Output { get; init; }

    /// <summary>Null when an earlier supervisor let it go.</summary>
    public SafeFileHandle? Gate { get; init; }

    public required string Command { get; init; }

    /// <summary>How long what it leaves behind may go on.</summary>
    public required TimeSpan StopGrace { get; init; }

    /// <summary>Whose process it is.</summary>
    public required uint User { get; init; }

    /// <summary>The parts as the program before has handed them over.</summary>
    public static ChildParts Of(HandoverChild child, HandoverDescriptors descriptors) =>
        new(child.Number, child.Pid, descriptors[child.Process])
        {
            StartTicks = child.StartTicks,
            NotifyName = child.NotifyName,
            Notices = descriptors[child.Notices],
            Output = descriptors[child.Output],
            Gate = child.Gate is { } gate ? descriptors[gate] : null,
            Command = child.Command,
            StopGrace = child.StopGrace,
            User = child.User,
        };

    public void Dispose()
    {
        Process.Dispose();
        Notices.Dispose();
        Output.Dispose();
        Gate?.Dispose();
    }
}

/// <summary>Where a process's news go.</summary>
internal sealed record ChildContext(
    Poller Poller,
    OutputLog Log,
    ProcessTable Processes,
    Action<int, GenerationEnd, string> Ended,
    Action<int, NotifyMessage> Notice);
