using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text.Json;
using Slipway.Agent.Native;

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
        switch (args)
        {
            case ["launch"]:
                return LaunchRole.Run();
            case ["--folder", { Length: > 0 } folder]:
                return Supervise(Path.GetFullPath(folder));
            default:
                Console.Error.WriteLine("usage: slipway-agent supervisor --folder DIR");
                return 2;
        }
    }

    private static int Supervise(string folder)
    {
        try
        {
            using var file = Libc.OpenAppend(Path.Combine(folder, LockName));
            if (!Libc.TryLock(file))
            {
                return 0; // Another one was quicker, and serves whoever started this one.
            }

            using var poller = new Poller(TimeProvider.System);
            using var loop = new SupervisorLoop(folder, poller, new Random());
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
            loop.Run();
            return 0;

            void Stop(PosixSignalContext context)
            {
                context.Cancel = true;
                Libc.Write(wish, BitConverter.GetBytes(1UL));
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException or JsonException)
        {
            Console.Error.WriteLine($"The supervisor of {folder} cannot start: {e.Message}");
            return 1;
        }
    }
}
