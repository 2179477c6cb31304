namespace Slipway.Agent.Archives;

/// <summary>How much an archive may become.</summary>
/// <param name="Entries">Files, folders and links together.</param>
/// <param name="TotalBytes">All contents together.</param>
/// <param name="Ratio">How many bytes may come out of one, once more than <paramref name="FreeBytes"/> have.</param>
/// <param name="FreeBytes">Up to here the ratio is not looked at: small sparse files are no attack.</param>
internal sealed record ArchiveLimits(int Entries, long TotalBytes, int Ratio, long FreeBytes)
{
    public static readonly ArchiveLimits Default = new(200_000, 20L << 30, 200, 100L << 20);

    /// <summary>How much room the disk has for it.</summary>
    public long DiskBytes { get; init; } = long.MaxValue;
}
