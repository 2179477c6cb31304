using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text.Json;
using Slipway.Agent.Native;
using Slipway.Agent.Supervisor.Upgrades;
using Slipway.Shared.Storage;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// The process that owns a workload's sockets and children: <c>supervisor --folder DIR</c>. It outlives the agent.
/// </summary>
internal static class SupervisorRole
{
    private const string LockName = "lock";

    public static int Run(string[] args)
    {
        // Before anything else: where SIGCHLD is ignored, the kernel keeps no exit status.
        Libc.ResetSignal(Libc.SignalChild);
        return args switch
        {
            ["launch"] => LaunchRole.Run(),
            [Preflight.Argument] => PreflightRole.Run(),
            ["--folder", { Length: > 0 } folder] => Guard(folder, () => Supervise(Path.GetFullPath(folder))),
            ["--folder", { } folder, .. { Length: > 0 } words] => Guard(folder, () => Resume(folder, words)),
            _ => Misused(),
        };
    }

    private static int Misused()
    {
        Console.Error.WriteLine("usage: slipway-agent supervisor --folder DIR");
        return 2;
    }

    private static int Resume(string folder, string[] words)
    {
        var front = new SupervisorFront(folder);
        return UpgradeRole.Run(
            front,
            words,
            (taken, poller) => new SupervisorLoop(folder, poller, new Random(), front, taken),
            Serve) ?? Misused();
    }

    private static int Supervise(string folder)
    {
        using var file = Libc.OpenAppend(Path.Combine(folder, LockName));
        if (!Libc.TryLock(file))
        {
            return 0; // Another one was quicker, and serves whoever started this one.
        }

        AtomicFile.Sweep(folder);
        using var poller = new Poller(TimeProvider.System);
        using var loop = new SupervisorLoop(folder, poller, new Random(), new SupervisorFront(folder))
        {
            Lock = file,
        };
        Serve(loop, poller);
        return 0;
    }

    private static void Serve(SupervisorLoop loop, Poller poller)
    {
        using var wish = Libc.CreateEvent();
        using var watch = poller.On(wish, Libc.Readable, () =>
        {
            Span<byte> count = stackalloc byte[8];
            Libc.Read(wish, count);
            loop.Shutdown();
        });
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var quit = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
        Libc.UnblockSignals(); // An upgrade lets them wait.
        loop.Run();

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            Libc.Write(wish, BitConverter.GetBytes(1UL));
        }
    }

    private static int Guard(string folder, Func<int> role)
    {
        try
        {
            return role();
        }
        catch (Exception e) when (
            e is Win32Exception or IOException or JsonException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The supervisor of {folder} cannot start: {e.Message}");
            return 1;
        }
    }
}
