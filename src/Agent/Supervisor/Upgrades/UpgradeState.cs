namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>The last wish to exchange a supervisor's program, and what became of it.</summary>
/// <param name="Phase">How far it came.</param>
/// <param name="Program">The new program's path.</param>
/// <param name="Version">The new program's version; empty: it did not say.</param>
/// <param name="At">When this became so.</param>
/// <param name="Detail">Why it was refused or rolled back.</param>
internal sealed record UpgradeState(
    UpgradePhase Phase, string Program, string Version, DateTimeOffset At, string Detail = "")
{
    public static readonly UpgradeState None = new(UpgradePhase.None, "", "", DateTimeOffset.UnixEpoch);

    public override string ToString() => Phase switch
    {
        UpgradePhase.Upgraded => $"upgraded to {Version} ({Program})",
        UpgradePhase.RolledBack => $"upgrade to {Program} rolled back: {Detail}",
        UpgradePhase.Refused => $"upgrade to {Program} refused: {Detail}",
        UpgradePhase.Checking => $"upgrade to {Program} begins",
        _ => "never upgraded",
    };
}
