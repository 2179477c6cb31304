using System.ComponentModel;
using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>
/// A process of the program before that holds all that was handed over, until the new program says that it has it.
/// </summary>
internal sealed class Keeper(int pid, SafeFileHandle process, SafeFileHandle word)
{
    private const int LastStandard = 2;

    private IDisposable? _watch;

    public static Keeper Start(UpgradeFront front, Handover handover, HandoverDescriptors descriptors)
    {
        var (reader, word) = Libc.CreatePipe();
        using var supervisor = Libc.OpenProcess(Environment.ProcessId)!;

        // Beside what others have given this process to pass on, which keeps its numbers.
        var first = Libc.InheritableDescriptors().Append(LastStandard).Max() + 1;
        using (reader)
        using (var state = KeeperRole.Renumber(handover, descriptors, first).Write())
        {
            var call = front.CallFor(KeeperRole.Argument, first.ToString(CultureInfo.InvariantCulture));
            var pid = Libc.Spawn(new SpawnOrder(ChildLauncher.Self, call.Arguments, call.Environment)
            {
                Descriptors = SpawnOrder.InOrder([state, supervisor, reader, .. descriptors.Files])
                    .ToDictionary(file => first + file.Key, file => file.Value),
                KeepsOthers = true,
                LeadsSession = front.StandsAlone,
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
