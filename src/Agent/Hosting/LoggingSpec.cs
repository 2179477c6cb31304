using Microsoft.Extensions.Logging;

namespace Slipway.Agent.Hosting;

/// <summary>What is logged, and how; always to standard error.</summary>
internal sealed record LoggingSpec
{
    public LogThreshold Level { get; set; } = LogThreshold.Info;

    public LogFormat Format { get; set; } = LogFormat.Text;

    public bool Includes(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.None => false,
        LogLevel.Debug => Level <= LogThreshold.Debug,
        LogLevel.Information => Level <= LogThreshold.Info,
        LogLevel.Warning => Level <= LogThreshold.Warning,
        _ => true,
    };
}

/// <summary>The least severe messages that are logged.</summary>
internal enum LogThreshold
{
    Debug = 0,
    Info = 1,
    Warning = 2,
    Error = 3,
}

/// <summary>The shape of a message: a line for people, or a JSON object for machines.</summary>
internal enum LogFormat
{
    Text = 0,
    Json = 1,
}
