namespace Slipway.ControlPlane.Rollouts;

/// <summary>What somebody wants rolled out.</summary>
internal sealed record RolloutRequest(string Application, string Environment)
{
    /// <summary>Empty: what the environment's policy takes.</summary>
    public string Version { get; init; } = "";

    public string Reason { get; init; } = "";

    /// <summary>Ends an active rollout instead of refusing.</summary>
    public bool Supersedes { get; init; }

    /// <summary>Null: not checked.</summary>
    public string? ExpectedCurrent { get; init; }

    /// <summary>The same key gives the first answer again; empty: no key.</summary>
    public string IdempotencyKey { get; init; } = "";
}
