namespace Slipway.Agent.Deployments;

/// <summary>What a release's folder holds, as it was when it was staged.</summary>
internal sealed record ReleaseManifest(IReadOnlyList<ReleaseEntry> Entries);

/// <summary>One file, folder or link of a release.</summary>
/// <param name="Path">Its path inside the release.</param>
/// <param name="Mode">Its type and permissions.</param>
/// <param name="Size">Of a file: its length.</param>
/// <param name="Changed">Of a file: when it was written, in ticks.</param>
/// <param name="Content">Of a file: its SHA-256; of a link: where it leads.</param>
internal sealed record ReleaseEntry(string Path, int Mode, long Size, long Changed, string Content)
{
    // No permission has these bits.
    public const int FolderBit = 0x4000;
    public const int LinkBit = 0x2000;

    public bool IsFile => (Mode & (FolderBit | LinkBit)) == 0;
}
