using System.ComponentModel;
using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>
/// Exchanges the program of this process for another. Number, children, sockets and pipes stay; connections wait in
/// the backlog meanwhile. Whoever asks the socket then waits as well, and whoever watches has to connect anew.
/// </summary>
/// <param name="front">Whose program it is.</param>
/// <param name="poller">The supervisor's poller.</param>
/// <param name="handOver">Makes the state; the output is written.</param>
/// <param name="changed">Is called when <see cref="State"/> is another.</param>
internal sealed class SupervisorUpgrade(
    UpgradeFront front,
    Poller poller,
    Func<HandoverDescriptors, Handover> handOver,
    Action changed) : IDisposable
{
    private Preflight? _preflight;

    public UpgradeState State { get; private set; } = UpgradeState.None;

    /// <summary>Begins an upgrade.</summary>
    /// <returns>Why not; null: it is under way.</returns>
    public string? Begin(string? program)
    {
        if (program is null || !Path.IsPathFullyQualified(program))
        {
            return $"'{program}' is not absolute; give the whole path.";
        }

        if (_preflight is not null)
        {
            return "another upgrade is under way; wait for its end.";
        }

        try
        {
            var state = handOver(new HandoverDescriptors());
            _preflight = new Preflight(
                poller,
                (program, front.PreflightArguments),
                state,
                version => Become(program, version),
                why => Fail(program, "", $"it cannot take over: {why}"));
            Change(new UpgradeState(UpgradePhase.Checking, program, "", poller.Now));
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            Fail(program, "", e.Message);
        }

        return null;
    }

    /// <summary>This program has taken over: says so.</summary>
    public void Complete(TakenHandover taken)
    {
        var (handover, descriptors, refusal) = taken;
        if (handover.Keeper is { } keeper)
        {
            new Keeper(keeper.Pid, descriptors[keeper.Process], descriptors[keeper.Word]).Dismiss(poller);
        }

        Change(refusal is null
            ? handover.Upgrade with { Phase = UpgradePhase.Upgraded, At = poller.Now }
            : handover.Upgrade with { Phase = UpgradePhase.RolledBack, At = poller.Now, Detail = refusal });
    }

    public void Dispose() => _preflight?.Dispose();

    private void Become(string program, string version)
    {
        var descriptors = new HandoverDescriptors();
        Keeper? keeper = null;
        try
        {
            var handover = handOver(descriptors) with
            {
                Upgrade = new UpgradeState(UpgradePhase.Checking, program, version, poller.Now),
            };
            keeper = Keeper.Start(front, handover, descriptors);
            handover = handover with { Keeper = keeper.HandOver(descriptors) };
            using var state = (handover with { Descriptors = descriptors.Numbers }).Write();
            using var previous = Libc.Open(ChildLauncher.Self, Libc.PathOnly);
            Libc.SetInherited(state, inherited: true);
            Libc.SetInherited(previous, inherited: true);
            descriptors.SetInherited(inherited: true);
            front.Become(
                program,
                UpgradeFront.Handed,
                $"{state.DangerousGetHandle()}",
                UpgradeFront.Previous,
                $"{previous.DangerousGetHandle()}");
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            front.ReleaseSignals();
            descriptors.SetInherited(inherited: false);
            keeper?.Dismiss(poller);
            Fail(program, version, e.Message);
        }
    }

    private void Fail(string program, string version, string why) =>
        Change(new UpgradeState(UpgradePhase.Refused, program, version, poller.Now, why));

    private void Change(UpgradeState state)
    {
        if (state.Phase != UpgradePhase.Checking)
        {
            _preflight?.Dispose();
            _preflight = null;
        }

        State = state;
        changed();
    }
}
