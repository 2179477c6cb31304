using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Slipway.ControlPlane.Registry;

/// <summary>How sessions with agents are kept.</summary>
internal sealed class SessionOptions
{
    public const string Section = "Registry";

    /// <summary>How often both sides say that they live; none: 15 s, longer from 4,500 sessions on.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan? HeartbeatInterval { get; set; }

    /// <summary>How long a connected agent may take to say Hello.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan HelloDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an agent may leave a message unread before its session is ended.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan WriteDeadline { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Age at which a session is asked to come anew, so that load spreads; a tenth more or less.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "24:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromMinutes(45);

    /// <summary>How many sessions may begin in a second.</summary>
    [Range(1, 100_000)]
    public int SessionsPerSecond { get; set; } = 200;

    /// <summary>How many reports of one agent are read in a second; more have to wait.</summary>
    [Range(1, 100_000)]
    public int ReportsPerSecond { get; set; } = 50;
}

[OptionsValidator]
internal sealed partial class SessionOptionsValidator : IValidateOptions<SessionOptions>;
