using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.ControlPlane.Applications;

/// <summary>How specs lie in the tables: snake_case, names for enums, seconds for times (<c>0.05s</c>).</summary>
internal static class SpecJson
{
    /// <summary>What the document of an application that is the agent begins with.</summary>
    public const string AgentMark = "{\"kind\":\"" + RuntimeSpec.AgentKind + "\"";

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower), new SecondsConverter() },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <exception cref="JsonException">The table holds what this program did not write.</exception>
    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException($"null is no {typeof(T).Name}.");

    private sealed class SecondsConverter : JsonConverter<TimeSpan>
    {
        public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetString() is [.. var seconds, 's']
                ? new((long)(decimal.Parse(seconds, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond))
                : throw new JsonException("A time is written in seconds, such as 30s.");

        public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
            writer.WriteStringValue(
                string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / (decimal)TimeSpan.TicksPerSecond}s"));
    }
}
