using System.ComponentModel;
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// What each child is until it becomes the program: only a process itself can know its number for LISTEN_PID, and
/// only here can what this runtime changed (SIGPIPE, the limit of files) be put back without a race.
/// </summary>
internal static class LaunchRole
{
    /// <summary>The word to go on. Without it the supervisor has ended and does not know of this process.</summary>
    public const byte Go = 1;

    /// <summary>The kernel's default. This runtime raises its own to the hard limit, and children inherit.</summary>
    private const ulong SoftFileLimit = 1024;

    private const int NotStarted = 127;

    /// <summary>Set at the very end: this runtime itself has far more address space than a program needs.</summary>
    private static readonly int[] MemoryLimits = [2, 9];

    private static readonly nint[] OutputDescriptors = [1, 2];

    private static readonly int[] Terminating =
        [Libc.SignalHangUp, Libc.SignalInterrupt, Libc.SignalQuit, Libc.SignalTerminate];

    public static int Run()
    {
        // The runtime would take note of a signal on another thread, and the exec would forget it.
        Array.ForEach(Terminating, Libc.ResetSignal);

        LaunchOrder order;
        using (var input = new SafeFileHandle(LaunchOrder.OrderDescriptor, ownsHandle: false))
        using (var file = new FileStream(input, FileAccess.Read))
        {
            order = LaunchOrder.Read(file);
        }

        using var gate = new SafeFileHandle(order.GateDescriptor, ownsHandle: false);
        Span<byte> word = stackalloc byte[1];
        int length;
        do
        {
            length = Libc.Read(gate, word);
        }
        while (length == Libc.WouldBlock);
        if (length != 1 || word[0] != Go)
        {
            return NotStarted;
        }

        try
        {
            Become(order);
        }
        catch (Win32Exception e)
        {
            // Above all the number: with a tight limit of memory there may be no text.
            Libc.Send(gate, [.. BitConverter.GetBytes(e.NativeErrorCode), .. Encoding.UTF8.GetBytes(e.Message)]);
        }

        return NotStarted;
    }

    private static void Become(LaunchOrder order)
    {
        using (var nothing = Libc.Open("/dev/null", Libc.ReadOnly))
        {
            Libc.DuplicateOnto(nothing, LaunchOrder.OrderDescriptor);
        }

        var confinement = order.Confinement;
        var pid = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        if (order.IsWorker)
        {
            Libc.IgnoreSignal(Libc.SignalPipe);
        }
        else
        {
            Libc.SetFileLimit(SoftFileLimit);
            Libc.ResetSignal(Libc.SignalPipe);
        }

        if (confinement.Umask is { } mask)
        {
            Libc.SetFileMask(mask);
        }

        TakeIdentity(confinement);
        Libc.ChangeFolder(order.WorkingDirectory);
        Libc.CloseOnExecFrom(order.GateDescriptor);
        Libc.UnblockSignals();
        Libc.Execute(
            order.Path,
            order.Arguments,
            order.ListenCount > 0 ? [.. order.Environment, $"LISTEN_PID={pid}"] : order.Environment,
            () => Limit(confinement, MemoryLimits.Contains));
    }

    private static void TakeIdentity(LaunchConfinement confinement)
    {
        Limit(confinement, resource => !MemoryLimits.Contains(resource)); // Raising one takes root.
        if (confinement.Identity is { } identity)
        {
            foreach (var descriptor in OutputDescriptors)
            {
                // So that it can open /dev/stdout.
                using var output = new SafeFileHandle(descriptor, ownsHandle: false);
                Libc.GiveTo(output, identity.User, identity.Group);
            }

            Libc.BecomeUser(identity.User, identity.Group, [.. identity.Groups]);
        }

        if (confinement.NoNewPrivileges)
        {
            Libc.ForbidNewPrivileges();
        }
    }

    private static void Limit(LaunchConfinement confinement, Predicate<int> which)
    {
        foreach (var (resource, limit) in confinement.Limits)
        {
            if (which(resource))
            {
                Libc.SetLimit(resource, limit);
            }
        }
    }
}
