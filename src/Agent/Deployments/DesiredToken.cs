namespace Slipway.Agent.Deployments;

/// <summary>What the control plane said: its place in the control plane's time, and a hash to compare by.</summary>
/// <param name="Epoch">Grows when the control plane was restored from a backup.</param>
/// <param name="Revision">Grows with each change for this agent.</param>
/// <param name="Hash">The control plane's SHA-256 of the workloads, in lower-case hexadecimal.</param>
internal sealed record DesiredToken(ulong Epoch, ulong Revision, string Hash)
{
    public static readonly DesiredToken None = new(0, 0, "");

    /// <summary>Whether this may follow <paramref name="current"/>: never back in time.</summary>
    public bool MayFollow(DesiredToken current) =>
        Epoch > current.Epoch || (Epoch == current.Epoch && Revision >= current.Revision);
}
