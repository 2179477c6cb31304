using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Deployments;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor;

/// <summary>
/// Makes the processes of workers: the program itself, without a launcher, unless it is to get LISTEN_PID.
/// </summary>
internal static class WorkerLauncher
{
    private const string Shell = "/bin/sh";

    /// <exception cref="Win32Exception">The program cannot be executed, or its folder is not there.</exception>
    public static ChildParts Launch(Generation generation, WorkerSpec worker, ListenerSet listeners)
    {
        var spec = generation.Spec;
        var isNotifying = spec.Server.Readiness.Kind == ReadinessKind.Notify;
        var notifyName = isNotifying ? "slipway-" + RandomNumberGenerator.GetHexString(24, lowercase: true) : "";
        var path = ProgramPath.FindForWorker(spec, worker);
        var environment = ChildEnvironment.BuildForWorker(generation, worker, notifyName);
        var notices = isNotifying ? Libc.BindNotify(notifyName) : null;
        SafeFileHandle? gate = null;
        try
        {
            var pid = worker.OffersListenFds
                ? StartLauncher(spec, worker, path, environment, listeners, out gate)
                : Start(spec, worker, path, environment, listeners);
            return ChildLauncher.Take(pid, process => new ChildParts(generation.Number, pid, process)
            {
                StartTicks = ProcessTable.Read(pid)?.StartTicks ?? 0,
                NotifyName = notifyName,
                Notices = notices,
                Gate = gate,
                User = Libc.CurrentUser,
                IsWorker = true,
                Command = spec.Server.Command[0],
                StopGrace = spec.Server.StopGrace,
            });
        }
        catch
        {
            notices?.Dispose();
            gate?.Dispose(); // Without the word to go on, a launcher ends.
            throw;
        }
    }

    private static int Start(
        GenerationSpec spec,
        WorkerSpec worker,
        string path,
        IReadOnlyList<string> environment,
        ListenerSet listeners)
    {
        var order = new SpawnOrder(path, spec.Server.Command, environment)
        {
            Descriptors = Descriptors(spec, worker, listeners),
            KeepsOthers = true,
            LeadsSession = false,
            IgnoresPipe = true,
            Folder = worker.Folder,
        };
        try
        {
            return Libc.Spawn(order);
        }
        catch (Win32Exception e) when (e.NativeErrorCode == Errno.NotExecutable)
        {
            // A script without a first line that names its interpreter, as execvp has it.
            return Libc.Spawn(order with { Path = Shell, Arguments = [Shell, path, .. spec.Server.Command.Skip(1)] });
        }
    }

    private static int StartLauncher(
        GenerationSpec spec,
        WorkerSpec worker,
        string path,
        IReadOnlyList<string> environment,
        ListenerSet listeners,
        out SafeFileHandle gate)
    {
        var order = new LaunchOrder(
            worker.Folder ?? ".", path, spec.Server.Command, environment, worker.Sockets.Count)
        {
            IsWorker = true,
        };
        (gate, var launcherGate) = Libc.CreateSocketPair();
        using var ownGate = launcherGate;
        using var orderFile = ChildLauncher.WriteOrder(order);
        var descriptors = Descriptors(spec, worker, listeners);
        descriptors.Add(LaunchOrder.OrderDescriptor, orderFile);
        descriptors.Add(order.GateDescriptor, launcherGate);
        var pid = Libc.Spawn(ChildLauncher.Launcher with
        {
            Descriptors = descriptors,
            KeepsOthers = true,
            LeadsSession = false,
        });
        Libc.SetBlocking(gate, blocking: false);
        return pid;
    }

    private static Dictionary<int, SafeHandle> Descriptors(
        GenerationSpec spec, WorkerSpec worker, ListenerSet listeners) =>
        spec.Server.Listen.Index().ToDictionary(
            listen => worker.Sockets[listen.Index].Descriptor,
            listen => (SafeHandle)listeners.SocketOf(listen.Item));
}
