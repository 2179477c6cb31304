namespace Slipway.Agent.Runtimes.Assets;

/// <summary>How often static files are looked at.</summary>
/// <param name="Look">Whether the link and the release are there.</param>
/// <param name="Check">Whether any file looks different: its size, its time.</param>
/// <param name="Hash">Whether any file is different: all are read.</param>
internal sealed record AssetsPauses(TimeSpan Look, TimeSpan Check, TimeSpan Hash)
{
    public static readonly AssetsPauses Default =
        new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(25), TimeSpan.FromHours(6));
}
