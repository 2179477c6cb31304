namespace Slipway.ControlPlane.Environments;

/// <summary>What happens when a release passes the policy.</summary>
internal enum PolicyMode
{
    Unspecified = 0,

    /// <summary>Nothing: somebody starts the rollout.</summary>
    Manual = 1,

    /// <summary>A rollout opens by itself.</summary>
    Auto = 2,
}
