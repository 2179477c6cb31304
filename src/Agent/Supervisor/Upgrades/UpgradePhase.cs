namespace Slipway.Agent.Supervisor.Upgrades;

/// <summary>What became of the last wish to exchange a supervisor's program.</summary>
internal enum UpgradePhase
{
    None = 0,

    /// <summary>The new program is asked whether it understands the state.</summary>
    Checking = 1,

    /// <summary>The new program has taken over.</summary>
    Upgraded = 2,

    /// <summary>The new program could not take over; the one before goes on.</summary>
    RolledBack = 3,

    /// <summary>Nothing was changed.</summary>
    Refused = 4,
}
