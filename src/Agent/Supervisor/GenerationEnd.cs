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

    /// <summary>The kernel killed it because it wanted more memory than it may have.</summary>
    OutOfMemory = 7,

    /// <summary>It did not do any more what its liveness asks for.</summary>
    Unhealthy = 8,

    /// <summary>It did not say any more that it lives.</summary>
    Watchdog = 9,
}
