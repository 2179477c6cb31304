namespace Slipway.Agent.Archives;

/// <summary>Counts what comes out of an archive, and stops a bomb long before it fills the disk.</summary>
internal sealed class ArchiveBudget(ArchiveLimits limits)
{
    private int _entries;
    private long _bytes;

    /// <summary>How many bytes of the archive were read so far.</summary>
    public long Consumed { get; set; }

    public void ChargeEntry()
    {
        if (++_entries > limits.Entries)
        {
            throw new ArchiveException($"The archive has more than {limits.Entries} entries.");
        }
    }

    public void Charge(string entry, long bytes)
    {
        _bytes += bytes;
        if (_bytes > limits.TotalBytes)
        {
            throw new ArchiveException($"The archive unpacks to more than {limits.TotalBytes} bytes, at '{entry}'.");
        }

        if (_bytes > limits.DiskBytes)
        {
            throw new IOException($"The archive needs more room than the disk has, at '{entry}'.", DiskErrors.NoSpace);
        }

        if (_bytes > limits.FreeBytes && _bytes / limits.Ratio > Consumed)
        {
            throw new ArchiveException(
                $"The archive unpacks to more than {limits.Ratio} times its size, at '{entry}'.");
        }
    }
}
