using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Slipway.Agent.Hosting;

/// <summary>Writes log lines to one stream; what and how may change while loggers are in use.</summary>
/// <remarks>The framework's own factory brings a dependency container along, which this agent has no use for.</remarks>
internal sealed class AgentLoggerFactory(Stream output, TimeProvider timeProvider) : ILoggerFactory
{
    private const string Namespace = "Slipway.Agent.";
    private readonly Lock _gate = new();

    /// <summary>What is logged, and how; replaced whole.</summary>
    public LoggingSpec Spec { get; set; } = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName.StartsWith(
        Namespace, StringComparison.Ordinal) ? categoryName[Namespace.Length..] : categoryName);

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("The agent logs to standard error only.");

    public void Dispose() => output.Flush();

    private void Write(byte[] line)
    {
        try
        {
            lock (_gate)
            {
                output.Write(line);
            }
        }
        catch (IOException)
        {
            // Nobody reads the log any more; that is no reason to stop working.
        }
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        _ => "error",
    };

    private sealed class Logger(AgentLoggerFactory factory, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => factory.Spec.Includes(logLevel);

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                var message = formatter(state, exception);
                factory.Write(factory.Spec.Format == LogFormat.Json
                    ? Json(logLevel, message, state as IReadOnlyList<KeyValuePair<string, object?>> ?? [], exception)
                    : Text(logLevel, message, exception));
            }
        }

        // Lines that a message brings along are indented, so that none can pass for a message of its own.
        private byte[] Text(LogLevel level, string message, Exception? exception)
        {
            var text = exception is null ? message : $"{message}\n{exception}";
            return Encoding.UTF8.GetBytes(
                $"{Now()} {NameOf(level),-7} {category}: {text.ReplaceLineEndings("\n    ")}\n");
        }

        private byte[] Json(
            LogLevel level, string message, IReadOnlyList<KeyValuePair<string, object?>> state, Exception? exception)
        {
            using var stream = new MemoryStream();
            using (var json = new Utf8JsonWriter(stream))
            {
                json.WriteStartObject();
                json.WriteString("time", Now());
                json.WriteString("level", NameOf(level));
                json.WriteString("category", category);
                json.WriteString("message", message);
                foreach (var (name, value) in state.Where(pair => pair.Key != "{OriginalFormat}"))
                {
                    json.WriteString(JsonNamingPolicy.SnakeCaseLower.ConvertName(name), value?.ToString());
                }

                if (exception is not null)
                {
                    json.WriteString("exception", exception.ToString());
                }

                json.WriteEndObject();
            }

            stream.WriteByte((byte)'\n');
            return stream.ToArray();
        }

        private string Now() => factory.TimeNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", provider: null);
    }

    private DateTime TimeNow() => timeProvider.GetUtcNow().UtcDateTime;
}
