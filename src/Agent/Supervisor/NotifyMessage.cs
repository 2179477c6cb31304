using System.Globalization;

namespace Slipway.Agent.Supervisor;

/// <summary>What a program said on its NOTIFY_SOCKET; see sd_notify(3).</summary>
internal readonly record struct NotifyMessage
{
    private const int MostStatus = 512;

    /// <summary>An hour is the longest time to start that there is.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromHours(1);

    /// <summary>The shortest that a manifest takes, too.</summary>
    private static readonly TimeSpan LeastWatchdog = TimeSpan.FromMilliseconds(10);

    public bool IsReady { get; init; }

    public bool IsStopping { get; init; }

    public string? Status { get; init; }

    /// <summary>How much longer its start, or its end, may take from now on.</summary>
    public TimeSpan? Extension { get; init; }

    public bool IsAlive { get; init; }

    /// <summary>It says itself that it is stuck.</summary>
    public bool IsTrigger { get; init; }

    /// <summary>How often it will say that it lives.</summary>
    public TimeSpan? Watchdog { get; init; }

    public static NotifyMessage Parse(string text)
    {
        var message = default(NotifyMessage);
        foreach (var line in text.Split('\n'))
        {
            var (key, value) = line.Split('=', 2) is [var left, var right] ? (left, right) : (line, "");
            message = key switch
            {
                "READY" when value == "1" => message with { IsReady = true },
                "STOPPING" when value == "1" => message with { IsStopping = true },
                "STATUS" => message with { Status = value.Length > MostStatus ? value[..MostStatus] : value },
                "EXTEND_TIMEOUT_USEC" => message with { Extension = TimeOf(value) ?? message.Extension },
                "WATCHDOG" when value == "1" => message with { IsAlive = true },
                "WATCHDOG" when value == "trigger" => message with { IsTrigger = true },
                "WATCHDOG_USEC" => message with { Watchdog = WatchdogOf(value) ?? message.Watchdog },
                _ => message,
            };
        }

        return message;
    }

    private static TimeSpan? WatchdogOf(string text) =>
        TimeOf(text) is not { } time ? null : time > LeastWatchdog ? time : LeastWatchdog;

    private static TimeSpan? TimeOf(string text) =>
        !ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds)
            || microseconds == 0 ? null
        : microseconds >= MostTime.TotalMicroseconds ? MostTime
        : TimeSpan.FromMicroseconds(microseconds);
}
