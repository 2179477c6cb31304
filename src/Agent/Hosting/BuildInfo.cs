using System.Reflection;
using System.Runtime.InteropServices;
using Slipway.Shared.Artifacts;

namespace Slipway.Agent.Hosting;

/// <summary>What this program was built from.</summary>
internal static class BuildInfo
{
    /// <summary>The version, with the commit if the build knew it.</summary>
    public static string Version { get; } =
        typeof(BuildInfo).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
        ?? "0.0.0";

    public static IReadOnlyList<(string Name, string Value)> All =>
    [
        ("version", Version),
        ("platform", Platform.Current.ToString()),
        ("runtime", RuntimeInformation.FrameworkDescription),
    ];
}
