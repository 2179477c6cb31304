using Slipway.Agent.Deployments;
using V1 = Slipway.Contracts.V1;

namespace Slipway.Agent.Link;

/// <summary>Reads the kinds of workload beside servers, and the hooks of all.</summary>
internal static class KindSpecClient
{
    private static readonly TimeSpan DefaultHookTimeout = TimeSpan.FromSeconds(60);
    private static readonly AssetsSpec DefaultAssets = new();
    private static readonly AgentSpec DefaultAgent = new();

    /// <exception cref="FormatException">Something in it cannot be done here: field, colon, why.</exception>
    public static AssetsSpec Read(V1.AssetsSpec assets) => new()
    {
        Link = assets.Link.Length == 0 || IsLink(assets.Link)
            ? assets.Link
            : throw new FormatException($"assets.link: '{assets.Link}' is no absolute path of a link"),
        Before = Read("assets.before", assets.Before),
        After = Read("assets.after", assets.After),
        Environment = assets.Environment.ToDictionary(),
        KeepReleases = assets.KeepReleases == 0 ? DefaultAssets.KeepReleases : Math.Max(0, assets.KeepReleases),
    };

    /// <exception cref="FormatException">Something in it cannot be done here: field, colon, why.</exception>
    public static AgentSpec Read(V1.AgentSpec agent) => new()
    {
        StartTimeout = ServerSpecClient.Time("agent.start_timeout", agent.StartTimeout, DefaultAgent.StartTimeout),
        ConfirmTimeout = ServerSpecClient.Time(
            "agent.confirm_timeout", agent.ConfirmTimeout, DefaultAgent.ConfirmTimeout),
    };

    /// <exception cref="FormatException">Something in it cannot be done here: field, colon, why.</exception>
    public static HookSpec? Read(string field, V1.Hook? hook) => hook switch
    {
        null => null,
        { Command: [{ Length: > 0 }, ..] } => new(
            [.. hook.Command], ServerSpecClient.Time($"{field}.timeout", hook.Timeout, DefaultHookTimeout)),
        _ => throw new FormatException($"{field}.command: names no program"),
    };

    private static bool IsLink(string path) =>
        path.Length > 1 && path[0] == '/' && Path.GetFullPath(path) == path && !path.EndsWith('/');
}
