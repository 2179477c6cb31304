namespace Slipway.Shared.Modules;

/// <summary>A configuration that cannot be taken; the message begins with the JSON path.</summary>
public sealed class ConfigException(string path, string message, Exception? inner = null)
    : Exception(path.Length == 0 ? message : $"{path}: {message}", inner)
{
    /// <summary>Where, such as <c>apps.link.control_plane</c>; empty when it is the whole document.</summary>
    public string Path { get; } = path;
}
