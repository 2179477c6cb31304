using Slipway.Agent.Native;

namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary><c>supervisor --folder DIR</c>, which the agent asks to be exchanged.</summary>
internal sealed class SupervisorFront(string folder) : UpgradeFront
{
    private static readonly int[] Signals =
        [Libc.SignalHangUp, Libc.SignalInterrupt, Libc.SignalQuit, Libc.SignalTerminate];

    public override bool StandsAlone => true;

    public override IReadOnlyList<string> PreflightArguments => ["slipway-agent", "supervisor", Preflight.Argument];

    public override UpgradeCall CallFor(params IReadOnlyList<string> words) => new(
        ["slipway-agent", "supervisor", "--folder", folder, .. words], ChildLauncher.OwnEnvironment());

    public override void HoldSignals() => Libc.BlockSignals(Signals);

    public override void ReleaseSignals() => Libc.UnblockSignals();
}
