namespace Slipway.Agent.Supervisor;

/// <summary>How a generation that failed came to its end.</summary>
internal enum GenerationEnd
{
    None = 0,
    Exited = 1,
    Signalled = 2,
    ExecFailed = 3,
    NotReady = 4,
    AddressInUse = 5,
    Killed = 6,
}
