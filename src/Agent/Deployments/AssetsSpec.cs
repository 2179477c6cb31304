namespace Slipway.Agent.Deployments;

/// <summary>Files that something else serves, switched by one link. Defaults are already filled in.</summary>
internal sealed record AssetsSpec
{
    /// <summary>Absolute path of the link; empty: <c>current</c> in the workload's folder.</summary>
    public string Link { get; init; } = "";

    /// <summary>Runs before the switch; null: nothing does.</summary>
    public HookSpec? Before { get; init; }

    /// <summary>Runs after the switch; null: nothing does.</summary>
    public HookSpec? After { get; init; }

    /// <summary>What the hooks find in their environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public int KeepReleases { get; init; } = 5;
}
