using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Agent.Hosting;
using Slipway.Shared.Modules;

namespace Slipway.Agent.Config;

/// <summary>The agent's configuration file.</summary>
internal sealed class AgentConfig
{
    /// <summary>Where everything is kept that must be remembered.</summary>
    public string StateDir { get; set; } = "/var/lib/slipway/agent";

    public LoggingSpec Logging { get; set; } = new();

    /// <summary>The apps' own configurations, by module name.</summary>
    public required Dictionary<string, JsonElement> Apps { get; set; }

    /// <exception cref="ConfigException">It cannot be read, or something in it is wrong.</exception>
    public static AgentConfig Load(string file)
    {
        try
        {
            return Parse(File.ReadAllBytes(file));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException("", $"cannot be read; name another by --config: {exception.Message}", exception);
        }
    }

    /// <exception cref="ConfigException">Something in it is wrong.</exception>
    public static AgentConfig Parse(byte[] json)
    {
        var config = ModuleJson.Read(ModuleJson.Parse(json), AgentConfigJson.Default.AgentConfig, "");
        return Path.IsPathFullyQualified(config.StateDir)
            ? config
            : throw new ConfigException("state_dir", "must be an absolute path");
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    UseStringEnumConverter = true,
    RespectNullableAnnotations = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(AgentConfig))]
internal sealed partial class AgentConfigJson : JsonSerializerContext;
