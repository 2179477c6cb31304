using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Slipway.Shared.Modules;

/// <summary>Strict reading: no unknown, missing or repeated member, and each complaint names its path.</summary>
public static class ModuleJson
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    /// <summary>Reads a whole configuration document.</summary>
    /// <exception cref="ConfigException">It is no JSON object, or repeats a member.</exception>
    public static JsonElement Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using var document = JsonDocument.Parse(utf8, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new ConfigException("", "the configuration must be a JSON object");
        }
        catch (JsonException exception)
        {
            throw new ConfigException("", exception.Message, exception);
        }
    }

    /// <summary>Makes an object of one JSON object.</summary>
    /// <param name="raw">The JSON.</param>
    /// <param name="type">How to read it.</param>
    /// <param name="path">Where it stands, for complaints.</param>
    /// <exception cref="ConfigException">A member is unknown, missing, or has the wrong type.</exception>
    public static T Read<T>(JsonElement raw, JsonTypeInfo<T> type, string path)
        where T : class => (T)Read(raw, type, path, skip: null);

    internal static object Read(JsonElement raw, JsonTypeInfo type, string path, string? skip)
    {
        if (raw.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigException(path, "must be a JSON object");
        }

        CheckMembers(raw, type, path, skip);
        try
        {
            return WithoutMember(raw, skip).Deserialize(type) ?? throw new ConfigException(path, "must not be null");
        }
        catch (JsonException exception)
        {
            var where = exception.Path is ['$', .. var rest] ? rest : "";
            throw new ConfigException(Join(path, where), WithoutPosition(exception.Message), exception);
        }
    }

    internal static string Join(string path, string member) =>
        path.Length == 0 ? member.TrimStart('.')
        : member.Length == 0 || member[0] is '.' or '[' ? path + member
        : $"{path}.{member}";

    private static void CheckMembers(JsonElement raw, JsonTypeInfo type, string path, string? skip)
    {
        foreach (var member in raw.EnumerateObject().Select(member => member.Name).Where(name => name != skip))
        {
            if (type.Properties.All(property => property.Name != member))
            {
                var known = string.Join(", ", type.Properties.Select(property => property.Name));
                throw new ConfigException(
                    Join(path, member), $"there is no such member; there are: {(known.Length == 0 ? "none" : known)}");
            }
        }

        var missing = type.Properties.FirstOrDefault(
            property => property.IsRequired && !raw.TryGetProperty(property.Name, out _));
        if (missing is not null)
        {
            throw new ConfigException(Join(path, missing.Name), "is missing");
        }
    }

    private static JsonObject WithoutMember(JsonElement raw, string? skip)
    {
        var body = JsonObject.Create(raw)!;
        if (skip is not null)
        {
            body.Remove(skip);
        }

        return body;
    }

    private static string WithoutPosition(string message) =>
        message.IndexOf(" Path: $", StringComparison.Ordinal) is var at and >= 0 ? message[..at] : message;
}
