using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>
/// How a program becomes what another one was. If it cannot, it gives everything back to the one before; if that
/// cannot, its keeper takes over.
/// </summary>
internal static class ResumeRole
{
    private const int MostReason = 500;

    /// <summary>Returns when what was taken over has ended.</summary>
    public static int Run<T>(
        UpgradeFront front, ResumeOrder order, Func<TakenHandover, Poller, T> build, Action<T, Poller> serve)
        where T : IDisposable
    {
        SafeFileHandle? state = null;
        HandoverDescriptors? descriptors = null;
        Poller? poller = null;
        T? resumed = default;
        try
        {
            state = Libc.Inherit(order.State);
            var handover = Handover.Read(state);
            descriptors = new HandoverDescriptors(handover.Descriptors);
            SetInherited(state, descriptors, inherited: false);
            poller = new Poller(TimeProvider.System, handover.Origin);
            resumed = build(new TakenHandover(handover, descriptors, order.Refusal), poller);
        }
        catch (Exception e) when (order.Previous is not null && e is not OutOfMemoryException)
        {
            // Whatever it was: nothing has begun here yet, and the program before knows its own state.
            SetInherited(state, descriptors, inherited: true);
            GiveBack(front, order, e.Message);
            GC.KeepAlive(descriptors); // Of what could not be built: a collection would close them.
        }

        state!.Dispose();
        if (order.Previous is { } previous)
        {
            using var program = new SafeFileHandle(previous, ownsHandle: true);
        }

        using (poller)
        using (resumed)
        {
            serve(resumed!, poller!);
            return 0;
        }
    }

    private static void SetInherited(SafeFileHandle? state, HandoverDescriptors? descriptors, bool inherited)
    {
        if (state is not null && descriptors is not null)
        {
            Libc.SetInherited(state, inherited);
            descriptors.SetInherited(inherited);
        }
    }

    private static void GiveBack(UpgradeFront front, ResumeOrder order, string why)
    {
        using var program = new SafeFileHandle(order.Previous!.Value, ownsHandle: true);
        Console.Error.WriteLine($"{TimeProvider.System.GetUtcNow():O} cannot take over: {why}");
        Libc.SetInherited(program, inherited: false);
        front.Become(
            string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{order.Previous}"),
            UpgradeFront.Handed,
            order.State.ToString(CultureInfo.InvariantCulture),
            UpgradeFront.Refused,
            why.Length > MostReason ? why[..MostReason] : why);
    }
}

/// <summary>Where a program finds what it takes over.</summary>
/// <param name="State">The number of the descriptor that has the state.</param>
/// <param name="Previous">That of the program before; null: this is it.</param>
/// <param name="Refusal">Why the newer program could not take over; null: this is the newer one.</param>
internal sealed record ResumeOrder(int State, int? Previous, string? Refusal = null);
