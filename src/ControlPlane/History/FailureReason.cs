namespace Slipway.ControlPlane.History;

/// <summary>Why a deployment failed. The numbers are the protocol's, and are stored.</summary>
internal enum FailureReason
{
    Unspecified = 0,
    NoArtifact = 1,
    FetchNotFound = 2,
    FetchDenied = 3,
    FetchFailed = 4,
    DigestMismatch = 5,
    DiskFull = 6,
    BadArchive = 7,
    InvalidSpec = 8,
    AddressInUse = 9,
    ExecFailed = 10,
    StartCrashed = 11,
    NotReady = 12,
    BakeFailed = 13,
    Interrupted = 14,
    AgentUnreachable = 15,
    Internal = 16,
    OutOfMemory = 17,
    Signalled = 18,
    Exited = 19,
    HookFailed = 40,
    PathTaken = 41,
    HostBusy = 42,
    PreflightFailed = 43,
    UpgradeReverted = 44,
}
