namespace Slipway.Agent.Probes;

/// <summary>What came of one connection.</summary>
internal enum ProbeOutcome
{
    Pending = 0,
    Good = 1,
    Bad = 2,

    /// <summary>Another generation accepted it: it says nothing.</summary>
    Rival = 3,
}
