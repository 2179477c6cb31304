namespace Slipway.Agent.Logs;

/// <summary>How much of a workload's output is kept.</summary>
/// <param name="MaxBytes">A file that would become larger is followed by a new one.</param>
/// <param name="MaxFiles">The oldest file beyond these goes.</param>
/// <param name="MaxAge">What is older goes; zero: only size counts.</param>
internal sealed record LogSpec(long MaxBytes, int MaxFiles, TimeSpan MaxAge)
{
    /// <summary>The name of the folder that holds the files.</summary>
    public const string FolderName = "output";

    public static readonly LogSpec Default = new(10 * 1024 * 1024, 4, TimeSpan.Zero);

    /// <summary>How long one file is written to: so what is younger than <see cref="MaxAge"/> always stays.</summary>
    public TimeSpan? FileAge => MaxAge > TimeSpan.Zero ? MaxAge / Math.Max(1, MaxFiles - 1) : null;
}
