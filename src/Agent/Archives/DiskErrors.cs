namespace Slipway.Agent.Archives;

/// <summary>
/// Tells a full disk from other trouble with files: the framework keeps the kernel's number in HResult.
/// </summary>
internal static class DiskErrors
{
    /// <summary>ENOSPC.</summary>
    public const int NoSpace = 28;

    /// <summary>EDQUOT.</summary>
    private const int QuotaExceeded = 122;

    public static bool IsDiskFull(IOException exception) => exception.HResult is NoSpace or QuotaExceeded;
}
