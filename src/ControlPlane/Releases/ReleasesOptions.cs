using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.ControlPlane.Releases;

/// <summary>Limits of what is pushed and how long what nobody needs is kept.</summary>
internal sealed class ReleasesOptions
{
    public const string Section = "Releases";

    /// <summary>A larger artifact is refused before its first byte.</summary>
    [Range(1, long.MaxValue)]
    public long MaxArtifactBytes { get; set; } = 16L << 30;

    /// <summary>An upload that would leave less free than this is refused before its first byte.</summary>
    [Range(0, long.MaxValue)]
    public long MinFreeBytes { get; set; } = 64L << 20;

    /// <summary>A push that sends nothing for so long is ended; it can be resumed.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan UploadIdleTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long an unfinished upload, or an artifact that no release names, is kept.</summary>
    [Range(typeof(TimeSpan), "00:10:00", "365.00:00:00")]
    public TimeSpan UnusedLifetime { get; set; } = TimeSpan.FromDays(1);
}

[OptionsValidator]
internal sealed partial class ReleasesOptionsValidator : IValidateOptions<ReleasesOptions>;
