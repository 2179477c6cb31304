using System.ComponentModel;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>
/// A process of the program before that holds all that was handed over, until the new program says that it has it.
/// </summary>
internal sealed class Keeper(int pid, SafeFileHandle process, SafeFileHandle word)
{
    private IDisposable? _watch;

    public static Keeper Start(string folder, Handover handover, HandoverDescriptors descriptors)
    {
        var (reader, word) = Libc.CreatePipe();
        using var nothing = Libc.Open("/dev/null", Libc.ReadWrite);
        using var log = new SafeFileHandle(2, ownsHandle: false);
        using var supervisor = Libc.OpenProcess(Environment.ProcessId)!;
        using (reader)
        using (var state = KeeperRole.Renumber(handover, descriptors).Write())
        {
            string[] arguments = ["slipway-agent", "supervisor", "--folder", folder, KeeperRole.Argument];
            var pid = Libc.Spawn(new SpawnOrder(ChildLauncher.Self, arguments, ChildLauncher.OwnEnvironment())
            {
                Descriptors = SpawnOrder.InOrder(
                    [nothing, log, log, state, supervisor, reader, .. descriptors.Files]),
            });
            return new Keeper(pid, Libc.OpenProcess(pid)!, word);
        }
    }

    public HandoverKeeper HandOver(HandoverDescriptors descriptors) =>
        new(pid, descriptors.Add(process), descriptors.Add(word));

    /// <summary>Lets it end, and waits for that.</summary>
    public void Dismiss(Poller poller)
    {
        _watch = poller.On(process, Libc.Readable, () =>
        {
            _watch!.Dispose();
            Libc.WaitForChild(process, reap: true);
            process.Dispose();
        });
        try
        {
            Libc.Write(word, [KeeperRole.Healthy]);
        }
        catch (Win32Exception)
        {
            // It was killed; its end is seen by the other descriptor.
        }

        word.Dispose();
    }
}
