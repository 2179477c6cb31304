using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>
/// How a program becomes the supervisor that another one was. If it cannot, it gives everything back to the one
/// before; if that cannot, its keeper takes over.
/// </summary>
internal static class ResumeRole
{
    private const int FirstOther = 3;
    private const int MostReason = 500;

    /// <summary>Returns when the supervisor has ended.</summary>
    /// <param name="folder">The supervisor's folder.</param>
    /// <param name="handed">The number of the descriptor that has the state.</param>
    /// <param name="previous">The number of the descriptor of the program before; null: this is it.</param>
    /// <param name="refusal">Why the newer program could not take over; null: this is the newer one.</param>
    /// <param name="serve">What a supervisor does.</param>
    public static int Run(
        string folder, string handed, string? previous, string? refusal, Action<SupervisorLoop, Poller> serve)
    {
        SafeFileHandle? state = null;
        HandoverDescriptors? descriptors = null;
        Poller? poller = null;
        SupervisorLoop? loop = null;
        try
        {
            state = Libc.Inherit(NumberOf(handed));
            var handover = Handover.Read(state);
            descriptors = new HandoverDescriptors(handover.Descriptors);
            Libc.CloseOnExecFrom(FirstOther);
            poller = new Poller(TimeProvider.System, handover.Origin);
            loop = new SupervisorLoop(
                folder, poller, new Random(), new TakenHandover(handover, descriptors, refusal));
        }
        catch (Exception e) when (previous is not null && e is not OutOfMemoryException)
        {
            // Whatever it was: nothing has begun here yet, and the program before knows its own state.
            if (descriptors is not null)
            {
                Libc.SetInherited(state!, inherited: true);
                descriptors.SetInherited(inherited: true);
            }

            GiveBack(folder, handed, NumberOf(previous), e.Message);
            GC.KeepAlive(descriptors); // Of what could not be built: a collection would close them.
        }

        state!.Dispose();
        if (previous is not null)
        {
            using var program = new SafeFileHandle(NumberOf(previous), ownsHandle: true);
        }

        using (poller)
        using (loop)
        {
            serve(loop!, poller!);
            return 0;
        }
    }

    private static int NumberOf(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static void GiveBack(string folder, string handed, int previous, string why)
    {
        using var program = new SafeFileHandle(previous, ownsHandle: true);
        Console.Error.WriteLine($"{TimeProvider.System.GetUtcNow():O} cannot take over: {why}");
        Libc.SetInherited(program, inherited: false);
        Libc.Execute(
            $"/proc/self/fd/{previous}",
            [
                "slipway-agent", "supervisor", "--folder", folder,
                SupervisorUpgrade.Handed, handed,
                SupervisorUpgrade.Refused, why.Length > MostReason ? why[..MostReason] : why,
            ],
            ChildLauncher.OwnEnvironment(),
            last: () => { });
    }
}
