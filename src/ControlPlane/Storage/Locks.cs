namespace Slipway.ControlPlane.Storage;

/// <summary>Numbers for <see cref="SlipwayContext.SerializeAsync"/>: what one transaction does at a time.</summary>
internal static class Locks
{
    public const long Bootstrap = 0x534C_0001;
    public const long Audit = 0x534C_0002;

    /// <summary>What rollouts and their agents do next. It is taken before the audit log's.</summary>
    public const long Rollouts = 0x534C_0003;
}
